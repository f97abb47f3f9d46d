import type { Permission } from '../../plan/broker-plan';
import type { RoleInfo } from '../operations-types';
import { checkPermissions } from './permission-check';

const grant = (match: string, role: string): Permission => ({ match, role, actions: ['send'], place: 'peer' });
const A = [grant('in.a', 'peer.A'), grant('in.a', 'node')];
const B = [grant('in.b', 'peer.B'), grant('in.b', 'node')];

/** What a broker says in which exactly these roles may send. */
function broker(live: Readonly<Record<string, readonly string[]>>) {
  const asked: string[] = [];
  return {
    asked,
    roles: async (match: string): Promise<RoleInfo[]> => {
      asked.push(match);
      return (live[match] ?? ['node']).map((name) => ({ name, send: true }) as RoleInfo);
    },
  };
}

test('only what the change touches is asked about', async () => {
  const live = broker({ 'in.a': ['node', 'peer.A'], 'in.b': ['peer.B', 'node'] });
  await checkPermissions(live, A, [...A, ...B]);
  expect(live.asked).toEqual(['in.b']);
});

test.each([
  ['a grant that is missing', { 'in.b': ['node'] }, A, [...A, ...B]],
  ['a grant that nobody planned', { 'in.b': ['peer.B', 'peer.C', 'node'] }, A, [...A, ...B]],
  ['a grant that is still there', { 'in.b': ['peer.B', 'node'] }, [...A, ...B], A],
])('%s is told', async (_what, live, before, after) => {
  await expect(checkPermissions(broker(live), before, after)).rejects.toMatchObject({
    code: 'APPLY_NOT_LIVE',
    message: expect.stringContaining('in.b') as string,
  });
});

test('where a grant is gone the node may still send by a more general match', async () => {
  await checkPermissions(broker({ 'in.b': ['node'] }), [...A, ...B], A);
});

test('who may do other things than send does not count', async () => {
  const roles = async (): Promise<RoleInfo[]> => [
    { name: 'peer.A', send: true } as RoleInfo,
    { name: 'node', send: true } as RoleInfo,
    { name: 'auditor', send: false, browse: true } as RoleInfo,
  ];
  await checkPermissions({ roles }, [], A);
});

test('of very many changes a part is asked about', async () => {
  const many = Array.from({ length: 1_000 }, (_, index) => grant(`in.${index}`, 'peer.A'));
  const asked: string[] = [];
  const roles = async (match: string): Promise<RoleInfo[]> => {
    asked.push(match);
    return [{ name: 'peer.A', send: true } as RoleInfo];
  };
  await checkPermissions({ roles }, [], many);
  expect(asked).toHaveLength(200);
});
