import { ManualClock } from '../../lib/clock';
import { MemoryNetwork, type MemoryNetworkOptions } from './memory-network';

const A = 'O=Party A, L=London, C=GB';
const B = 'O=Party B, L=Paris, C=FR';
const C = 'O=Party C, L=Rome, C=IT';
const QUOTES = 'O=Quotes, L=Zurich, C=CH';
const COUNT = 200;

/** Sends so many from A and has B read until time is over. */
async function run(options: Partial<MemoryNetworkOptions>) {
  const clock = new ManualClock(1_700_000_000_000);
  const network = new MemoryNetwork({ nodes: [{ name: A }, { name: B }], clock, ...options });
  const opening = Promise.all([network.open(A), network.open(B)]);
  await clock.advance(10);
  const [a, b] = await opening;
  const bodies: string[] = [];
  void b.receive(({ body }) => void bodies.push(body.toString()));
  const sends = Array.from({ length: COUNT }, (_, number) => a.send(B, { body: String(number) }));
  await clock.advance(60_000);
  await Promise.all(sends);
  return { network, bodies };
}

const kinds = (network: MemoryNetwork): Set<string> => new Set(network.trace.entries.map(({ kind }) => kind));
const inOrder = Array.from({ length: COUNT }, (_, number) => String(number));

test('what is lost on the way is sent again, and what came twice is dropped', async () => {
  const { network, bodies } = await run({ seed: 3, way: { loss: 0.3, minDelayMs: 1, maxDelayMs: 20 } });
  expect([...bodies].sort()).toEqual([...inOrder].sort());
  expect([...kinds(network)]).toEqual(expect.arrayContaining(['lost', 'unconfirmed', 'repeated', 'crossed']));
});

test('messages overtake one another where that is asked for, and not otherwise', async () => {
  const way = { minDelayMs: 1, maxDelayMs: 50 };
  expect((await run({ way })).bodies).toEqual(inOrder);
  const { bodies } = await run({ way: { ...way, reorder: true } });
  expect(bodies).not.toEqual(inOrder);
  expect(bodies).toHaveLength(COUNT);
});

test('the same seed gives the same conversation, another seed another one', async () => {
  const options = { way: { loss: 0.2, maxDelayMs: 30, reorder: true } };
  const [first, again, other] = await Promise.all([7, 7, 8].map((seed) => run({ ...options, seed })));
  expect(JSON.stringify(again?.network)).toBe(JSON.stringify(first?.network));
  expect(other?.network.toMermaid()).not.toBe(first?.network.toMermaid());
});

test('nodes that are parted find one another again', async () => {
  const clock = new ManualClock();
  const network = new MemoryNetwork({ nodes: [{ name: A }, { name: B }], clock });
  network.part(A, B);
  const opening = Promise.all([network.open(A), network.open(B)]);
  await clock.advance(10);
  const [a, b] = await opening;
  const bodies: string[] = [];
  void b.receive(({ body }) => void bodies.push(body.toString()));
  void a.send(B, { body: 'hello' });
  await clock.advance(10_000);
  expect(bodies).toEqual([]);
  network.mend(A, B);
  await clock.advance(1_000);
  expect(bodies).toEqual(['hello']);
});

test('of two who offer a service each gets half, and one alone gets all', async () => {
  const clock = new ManualClock();
  const services = [QUOTES];
  const network = new MemoryNetwork({ nodes: [{ name: A }, { name: B, services }, { name: C, services }], clock });
  const opening = Promise.all([A, B, C].map((name) => network.open(name)));
  await clock.advance(10);
  const [a, b, c] = await opening;
  const counts = { b: 0, c: 0 };
  void b?.receive(() => void (counts.b += 1));
  void c?.receive(() => void (counts.c += 1));
  const send = (many: number) => Array.from({ length: many }, () => a?.send(QUOTES, { body: 'x' }));
  void send(1000);
  await clock.advance(10_000);
  expect(counts).toEqual({ b: 500, c: 500 });
  network.part(A, B);
  void send(100);
  await clock.advance(10_000);
  expect(counts).toEqual({ b: 500, c: 600 });
});

test('a conversation is drawn', async () => {
  const clock = new ManualClock();
  const network = new MemoryNetwork({ nodes: [{ name: A }, { name: B }], clock });
  const opening = Promise.all([network.open(A), network.open(B)]);
  await clock.advance(10);
  const [a, b] = await opening;
  void b.receive(async (message) => {
    await message.reply({ body: 'fine' });
  });
  const asked = a.request(B, { body: 'how are you', topic: 'small talk' });
  await clock.advance(100);
  expect((await asked).body.toString()).toBe('fine');
  const text = network.toMermaid().replace(/ [0-9a-f]{6}$/gm, ' …');
  expect(text).toBe(`sequenceDiagram
  participant N1 as ${A}
  participant N2 as ${B}
  Note over N1: +0 ms stored request small talk …
  N1->>N2: +1 ms crossed request small talk …
  Note over N2: +1 ms delivered request small talk …
  Note over N2: +1 ms stored reply …
  Note over N2: +1 ms acknowledged request small talk …
  N2->>N1: +2 ms crossed reply …
  Note over N1: +2 ms delivered reply …
  Note over N1: +2 ms acknowledged reply …
`);
});
