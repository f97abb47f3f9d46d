import { settingsOf, viewOf, type GoldenInput } from '../../test/golden/dialect';
import { loadBaseSettings } from '../config/base-settings';
import type { BaseSettings } from '../lib/base-settings';
import type { BrokerPlan } from './broker-plan';
import { planBroker } from './plan-broker';
import { diffPlans } from './plan-diff';
import { parsePlan, serialisePlan } from './plan-json';

const INPUT: GoldenInput = {
  own: 'O=Alice, L=Madrid, C=ES | service O=Clock, L=Bern, C=CH',
  peers: [
    'O=Bob, L=Rome, C=IT @ b:1, c:2 | and O=Bob Two, L=Rome, C=IT | service O=Notary, L=Zurich, C=CH',
    'O=Carol, L=Paris, C=FR',
  ],
  users: ['dave', 'erin'],
};
let base: BaseSettings;
let plan: BrokerPlan;
beforeAll(async () => {
  base = await loadBaseSettings();
  plan = planOf(INPUT);
});

const planOf = (input: GoldenInput): BrokerPlan => planBroker(viewOf(input), settingsOf(input, base));

test('equal plans do not differ, also when one was kept as a file', () => {
  expect(diffPlans(plan, planOf(INPUT))).toEqual([]);
  expect(diffPlans(plan, parsePlan(serialisePlan(plan)))).toEqual([]);
});

test('whatever is another value anywhere in a plan is a change', () => {
  const unseen: string[] = [];
  let leaves = 0;
  mutate(plan, '', (path, changed) => {
    leaves += 1;
    if (diffPlans(plan, changed).length === 0) unseen.push(`after: ${path}`);
    if (diffPlans(changed, plan).length === 0) unseen.push(`before: ${path}`);
  });
  expect(unseen).toEqual([]);
  expect(leaves).toBeGreaterThan(200);
});

test('a peer that joins or leaves is the only change, whatever it brings', () => {
  const without = planOf({ ...INPUT, peers: INPUT.peers?.slice(0, 1) });
  expect(diffPlans(without, plan)).toEqual([
    {
      kind: 'peer-joins',
      subject: 'O=Carol, L=Paris, C=FR',
      peer: 'DLCarol',
      what: 'joins at carol.example:10002',
      why: 'the network map names it',
      blast: 'nothing',
    },
  ]);
  expect(diffPlans(plan, without)).toMatchObject([{ kind: 'peer-leaves', peer: 'DLCarol', blast: 'one peer' }]);
});

test('a new password of a user is told without the password', () => {
  const text = JSON.stringify(plan).replace(/("user":"dave","password":")[^"]*/, '$1ENC(1:00:ff)');
  const changes = diffPlans(plan, JSON.parse(text) as BrokerPlan);
  expect(changes).toMatchObject([{ kind: 'user-password', subject: 'dave' }]);
  expect(JSON.stringify(changes)).not.toContain('ENC');
});

test('grants come before what uses them, and what closes connections last', () => {
  const after = planOf({
    ...INPUT,
    peers: ['O=Carol, L=Paris, C=FR @ new:1', 'O=Zoe, L=Oslo, C=NO | service O=Oracle, L=Oslo, C=NO'],
    users: ['erin', 'fay'],
    ports: { p2p: 1 },
    maxMessageSize: 100_000,
    base: { redelivery: { maxAttempts: 1 } },
  });
  expect(diffPlans(plan, after).map(({ kind, subject }) => `${kind} ${subject}`)).toEqual([
    'service-joins internal.services.DLOracle',
    'peer-joins O=Zoe, L=Oslo, C=NO',
    'peer-moves O=Carol, L=Paris, C=FR',
    'user-joins fay',
    'peer-leaves O=Bob, L=Rome, C=IT',
    'user-leaves dave',
    'service-leaves internal.services.DLNotary',
    'setting redelivery.maxAttempts',
    'acceptor acceptor p2p',
    'setting largest message in bytes',
  ]);
});

/** Calls back with the plan in which one leaf has another value, once for each leaf. */
function mutate(value: unknown, path: string, visit: (path: string, changed: BrokerPlan) => void, root = plan): void {
  if (typeof value === 'object' && value !== null) {
    for (const [name, part] of Object.entries(value)) mutate(part, path === '' ? name : `${path}/${name}`, visit, root);
    return;
  }
  const changed = structuredClone(root);
  const steps = path.split('/');
  const last = steps.pop() ?? '';
  const parent = steps.reduce<Record<string, unknown>>(
    (node, step) => node[step] as Record<string, unknown>,
    changed as unknown as Record<string, unknown>,
  );
  parent[last] = typeof value === 'number' ? value + 1 : typeof value === 'boolean' ? !value : `${String(value)}x`;
  visit(path, changed);
}
