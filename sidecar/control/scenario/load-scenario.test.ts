import { join } from 'node:path';
import { loadScenario, parseScenario } from './load-scenario';

const FILE = '/tmp/scenario.yaml';
const NODES = 'nodes:\n  a: O=A, L=London, C=GB\n  b: O=B, L=Paris, C=FR\n';
const STEPS = 'steps:\n  - { from: a, to: b, body: hello }\n';

/** The lines of what is wrong. */
function wrong(text: string): string[] {
  try {
    parseScenario(FILE, text);
  } catch (error) {
    return (error as Error).message.split('\n');
  }
  return [];
}

test('what is left out has its usual value', () => {
  expect(parseScenario(FILE, NODES + STEPS)).toMatchObject({
    seed: 1,
    lastsMs: 60_000,
    services: {},
    network: { delayMs: { min: 1, max: 1 }, loss: 0, repeated: 0, reorder: false, resendMs: 100 },
    redelivery: { delayMs: 0, maxAttempts: 10 },
    faults: [],
    consumers: [],
    steps: [{ atMs: 0, from: 'a', to: 'b', body: 'hello', count: 1, everyMs: 0 }],
  });
});

test.each<[string, string, string]>([
  ['a short name that nobody has', `${NODES}steps:\n  - { from: a, to: c, body: x }`, ':5:20: steps[0].to: is "c", '],
  ['a sender that is no node', `${NODES}${service()}steps:\n  - { from: q, to: b, body: x }`, 'which is no node of'],
  ['a word with a slip', `${NODES}${STEPS}consumer: []`, ':6:1: consumer: is not a known setting; did you mean "cons'],
  ['a name that is none', `nodes: { a: 'Party A', b: 'O=B,L=X,C=GB' }\n${STEPS}`, ':1:13: nodes.a: '],
  [
    'one name for two',
    `nodes: { a: 'O=A,L=X,C=GB', b: 'C=GB,L=X,O=A' }\n${STEPS}`,
    'nodes.b: is the name of nodes.a as',
  ],
  ['a short name for two', `${NODES}${service('b')}${STEPS}`, 'services.b: is the short name of a node as well'],
  ['delays the wrong way round', `${NODES}${STEPS}network: { delayMs: { min: 9, max: 2 } }`, 'min: is 9, more than'],
  ['a fault of no kind', `${NODES}${STEPS}faults: [{ atMs: 1 }]`, 'faults[0]: needs exactly one of: part, cut, leave'],
  ['two kinds', `${NODES}${STEPS}faults: [{ atMs: 1, cut: a, leave: b }]`, 'faults[0]: needs exactly one of'],
  ['a node parted from itself', `${NODES}${STEPS}faults: [{ atMs: 1, part: [a, a] }]`, 'part: names one node twice'],
  [
    'an answer and a refusal',
    `${NODES}${STEPS}consumers: [{ node: a, reply: { body: x }, reject: y }]`,
    'reject: does',
  ],
  [
    'not its service',
    `${NODES}${service()}${STEPS}consumers: [{ node: a, as: q }]`,
    'as: is "q", which a does not offer',
  ],
  ['too many messages', `${NODES}steps:\n  - { from: a, to: b, body: x, count: 10001 }`, 'count: must be <= 10000'],
  ['all steps together', `${NODES}steps:\n${step()}${step()}`, ':4:1: steps: send 12000 messages, more than 10000'],
  ['no steps', NODES, 'steps: is missing; add it: Who sends what to whom'],
  ['a loss over 1', `${NODES}${STEPS}network: { loss: 2 }`, 'network.loss: must be <= 1; From 0 to 1'],
  ['no YAML', 'nodes: [', ':1:9: '],
])('%s is refused with its place', (_, text, expected) => {
  const [first = '', ...more] = wrong(text);
  expect(first).toContain(expected);
  expect(first).toMatch(/^\/tmp\/scenario\.yaml:\d+:\d+: /);
  expect(more).toEqual([]);
});

test('everything that is wrong is said at once, in the order of the file', () => {
  const lines = wrong(`${NODES}steps:\n  - { from: x, to: b, body: x }\n  - { from: a, to: y, body: x }`);
  expect(lines.map((line) => line.split(': ')[1])).toEqual(['steps[0].from', 'steps[1].to']);
});

test('a file that is not there is named', async () => {
  const file = join(__dirname, 'none.yaml');
  await expect(loadScenario(file)).rejects.toMatchObject({
    code: 'CONFIG_MISSING',
    message: `scenario ${file} does not exist`,
  });
});

function service(short = 'q'): string {
  return `services: { ${short}: { name: 'O=Q, L=Rome, C=IT', offeredBy: [b] } }\n`;
}

function step(): string {
  return '  - { from: a, to: b, body: x, count: 6000 }\n';
}
