import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { identityOf, nodeInfoOf } from '../../test/interop/served-map';
import { ServiceFolder } from '../../test/interop/service-folder';
import { readBackup } from './read-backup';

let service: ServiceFolder;
beforeAll(async () => {
  service = await ServiceFolder.create();
  await service.serve();
});
afterAll(() => service.remove());

const PATHS = ['/operator/nodes', '/operator/backup', '/metrics', '/operator/elsewhere'];
const ACTIONS = ['/operator/remove', '/operator/ban', '/operator/unban', '/operator/sign'];
const NAME = 'O=Party A, L=London, C=GB';

const codeOf = ({ status, body }: { readonly status: number; readonly body: Buffer }): unknown => {
  return [status, (JSON.parse(body.toString('utf8')) as { code: string }).code];
};
const headers = (authorization: string) => ({ headers: { authorization } });
const post = (path: string, body: string) =>
  service.askOperator(path, { method: 'POST', body, ...headers('Bearer of-the-operator') });

test.each(['', 'Bearer ', 'Bearer wrong', 'of-the-operator', 'Basic of-the-operator', 'Bearer of-the-operatorX'])(
  'with the authorization "%s" it does nothing',
  async (authorization) => {
    for (const path of PATHS) {
      expect(codeOf(await service.askOperator(path, headers(authorization)))).toEqual([401, 'UNAUTHORIZED']);
    }
    for (const path of ACTIONS) {
      const answer = await service.askOperator(path, { method: 'POST', body: NAME, ...headers(authorization) });
      expect(codeOf(answer)).toEqual([401, 'UNAUTHORIZED']);
    }
    expect(service.running.service.banned()).toEqual([]);
  },
);

test('without any authorization, too', async () => {
  const init = { headers: {} };
  for (const path of PATHS) expect((await service.askOperator(path, init)).status).toBe(401);
});

test('with the token it lists, signs, backs up and changes', async () => {
  await service.publish(nodeInfoOf(identityOf('A')));
  expect(JSON.parse((await service.askOperator('/operator/nodes')).body.toString())).toMatchObject({
    nodes: [{ name: NAME, form: 'corda', serial: '1' }],
    banned: [],
  });
  const signed = await post('/operator/sign', '');
  expect([signed.status, JSON.parse(signed.body.toString())]).toMatchObject([200, { nodes: 1 }]);
  const copy = await service.askOperator('/operator/backup');
  expect(readBackup(copy.body, 'the answer').registry.size).toBe(1);
  expect((await post('/operator/ban', `${NAME}\n`)).status).toBe(200);
  expect(service.running.service.banned()).toEqual([NAME]);
  expect((await post('/operator/unban', NAME)).status).toBe(200);
  expect(codeOf(await post('/operator/unban', NAME))).toEqual([404, 'NOT_FOUND']);
  expect(codeOf(await post('/operator/remove', NAME))).toEqual([404, 'NOT_FOUND']);
});

test.each([
  ['empty', '', 400, 'SUBMISSION_REFUSED'],
  ['no name', 'Party A', 400, 'SUBMISSION_REFUSED'],
  ['JSON', '{"name":"O=A"}', 400, 'SUBMISSION_REFUSED'],
  ['bytes that are no text', '\u0000\ufffd', 400, 'SUBMISSION_REFUSED'],
  ['large', 'O='.padEnd(20_000, 'x'), 413, 'SUBMISSION_TOO_LARGE'],
])('a body that is %s is refused', async (_what, body, status, code) => {
  expect(codeOf(await post('/operator/ban', body))).toEqual([status, code]);
  expect(service.running.service.banned()).toEqual([]);
});

test('there is nothing at other paths, for other methods, or for nodes', async () => {
  expect(codeOf(await service.askOperator('/operator/elsewhere'))).toEqual([404, 'NOT_FOUND']);
  expect(codeOf(await service.askOperator('/operator/ban'))).toEqual([404, 'NOT_FOUND']);
  expect(codeOf(await service.askOperator('/network-map'))).toEqual([404, 'NOT_FOUND']);
  for (const path of PATHS) expect((await service.ask(path)).status).toBe(404);
});

test('it is on the loopback interface alone', async () => {
  const { hostname, port } = new URL(service.running.operatorUrl ?? '');
  expect(hostname).toBe('127.0.0.1');
  const all = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
  const others = all.filter(({ internal, family }) => !internal && family === 'IPv4').map(({ address }) => address);
  for (const host of [...others, '127.0.0.2']) expect(await isOpen(host, Number(port))).toBe(false);
  expect(await isOpen('127.0.0.1', Number(port))).toBe(true);
});

function isOpen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (isThere: boolean) => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}
