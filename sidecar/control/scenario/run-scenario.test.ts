import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../lib/package-root';
import { loadScenario, parseScenario } from './load-scenario';
import { runScenario } from './run-scenario';
import type { Scenario } from './scenario';

const SAMPLES = join(packageRoot(), 'broker-config/samples/scenarios');
const samples = readdirSync(SAMPLES);
const A = 'O=A, L=London, C=GB';
const B = 'O=B, L=Paris, C=FR';

const scenario = (text: string): Scenario =>
  parseScenario('s.yaml', `nodes: { a: '${A}', b: '${B}', c: 'O=C, L=Rome, C=IT' }\n${text}`);

/** What happened with the only message, and when. */
async function events(text: string, which: (message: string) => boolean = () => true): Promise<string[]> {
  const { network } = await runScenario(scenario(text));
  return network.trace.entries
    .filter(({ message }) => message === undefined || which(message.what))
    .map(({ at, kind, note }) => [at, kind, ...(note === undefined ? [] : [note])].join(' '));
}

test('there are samples', () => expect(samples.length).toBeGreaterThanOrEqual(3));

test.each(samples)('sample %s ends with all told, in no time', async (name) => {
  const { sent, network } = await runScenario(await loadScenario(join(SAMPLES, name)));
  expect(sent.filter(({ outcome }) => outcome === 'waiting')).toEqual([]);
  expect(network.trace.entries.length).toBeGreaterThan(15);
});

/** `UPDATE_GOLDEN=1` writes what comes out; read the difference before it is committed. */
test.each(['faults', 'poison'])('sample %s gives the diagram that it gave', async (name) => {
  const file = join(packageRoot(), 'test/fixtures/scenarios', `${name}.mmd`);
  const { network } = await runScenario(await loadScenario(join(SAMPLES, `${name}.yaml`)));
  const found = network.trace.toMermaid(0);
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, found);
  else expect(found).toBe(readFileSync(file, 'utf8'));
});

test('the same seed gives the same bytes, another seed others', async () => {
  const faults = await loadScenario(join(SAMPLES, 'faults.yaml'));
  const bytes = async (seed?: number) => JSON.stringify(await runScenario(faults, seed === undefined ? {} : { seed }));
  const first = await bytes();
  expect(await bytes(faults.seed)).toBe(first);
  expect(await bytes(faults.seed + 1)).not.toBe(first);
});

test('a request is answered by who offers the service', async () => {
  const { sent, network } = await runScenario(
    scenario(`services: { q: { name: 'O=Q, L=Rome, C=IT', offeredBy: [b] } }
consumers: [{ node: b, as: q, workMs: 7, reply: { body: '42' } }]
steps: [{ atMs: 5, from: a, to: q, body: x, request: 100 }]`),
  );
  expect(sent).toEqual([
    {
      ...{ step: 1, number: 1, from: A, to: 'O=Q, L=Rome, C=IT', atMs: 5 },
      ...{ outcome: 'replied', endedMs: 14, reply: { from: B, body: '42' } },
    },
  ]);
  expect(network.trace.entries.filter(({ kind }) => kind === 'stored')).toHaveLength(2);
});

test('two who answer do not answer each other for ever', async () => {
  const text = `consumers: [{ node: a, reply: { body: 'no end' } }, { node: b, reply: { body: fine } }]
steps: [{ from: a, to: b, body: x }]`;
  expect((await events(text)).filter((line) => line.endsWith('stored'))).toEqual(['0 stored', '1 stored']);
});

test('what is given back comes again, after the waits of redelivery, and is rejected in the end', async () => {
  const text = `redelivery: { delayMs: 10, multiplier: 3 }
consumers: [{ node: b, retryLater: 2, reject: too late }]
steps: [{ from: a, to: b, body: x }]`;
  expect(await events(text)).toEqual([
    ...['0 stored', '1 crossed', '1 delivered', '1 given-back', '11 delivered again', '11 given-back'],
    ...['41 delivered again', '41 dead too late', '41 acknowledged'],
  ]);
});

test('messages of a step are sent at their times, one topic to the one who reads it', async () => {
  const text = `consumers: [{ node: b, topic: t, fromMs: 25 }]
steps: [{ atMs: 10, from: a, to: b, topic: t, body: x, count: 3, everyMs: 10 }, { from: a, to: b, body: y }]`;
  expect(await events(text, (what) => what === 'message t')).toEqual([
    ...['10 stored', '11 crossed', '20 stored', '21 crossed'],
    ...['25 delivered', '25 delivered', '25 acknowledged', '25 acknowledged'],
    ...['30 stored', '31 crossed', '31 delivered', '31 acknowledged'],
  ]);
});

test('nothing passes between nodes that are parted, and what one of them sends to others does', async () => {
  const text = `faults: [{ atMs: 0, part: [a, b], forMs: 100 }]
steps: [{ from: a, to: b, topic: parted, body: x }, { from: a, to: c, topic: open, body: x }]`;
  expect(await events(text)).toEqual([
    ...['0 parted', '0 stored', '0 stored', '1 crossed', '100 mended', '101 crossed'],
  ]);
});

test('an application that is cut off is given its message again, and sends when it may connect', async () => {
  const text = `faults: [{ atMs: 5, cut: b, forMs: 1000 }]
consumers: [{ node: b, workMs: 10 }]
steps: [{ from: a, to: b, body: x }, { atMs: 6, from: b, to: c, body: y }]`;
  const found = await events(text);
  expect(found.slice(0, 5)).toEqual(['0 stored', '1 crossed', '1 delivered', '5 cut', '1005 admitted']);
  expect(found.slice(5).map((line) => line.replace(/^\d+ /, ''))).toEqual(
    expect.arrayContaining(['delivered', 'stored', 'crossed', 'acknowledged']),
  );
  expect(found).toHaveLength(9);
});

test('who has left the map is not known to senders until he is back', async () => {
  const { sent } = await runScenario(
    scenario(`faults: [{ atMs: 0, leave: b, forMs: 100 }]
steps: [{ atMs: 50, from: a, to: b, body: x }, { atMs: 150, from: a, to: b, body: x }]`),
  );
  expect(sent).toMatchObject([{ outcome: 'failed', error: { code: 'RECIPIENT_UNKNOWN' } }, { outcome: 'stored' }]);
});

test('what arrives unconfirmed crosses again and is dropped; nothing is lost by that', async () => {
  const text = `network: { repeated: 0.5 }
consumers: [{ node: b }]
steps: [{ from: a, to: b, body: x, count: 50 }]`;
  const kinds = (await events(text)).map((line) => line.split(' ')[1]);
  const many = (kind: string) => kinds.filter((each) => each === kind).length;
  expect(many('repeated')).toBeGreaterThan(10);
  expect([many('unconfirmed'), many('lost'), many('acknowledged')]).toEqual([many('repeated'), 0, 50]);
});

test('one who waits at the end is said to', async () => {
  const { sent } = await runScenario(scenario('lastsMs: 50\nsteps: [{ from: a, to: b, body: x, request: 100 }]'));
  expect(sent).toMatchObject([{ outcome: 'waiting' }]);
});

test('what would never end is ended with a reason, and a signal ends it too', async () => {
  const endless = scenario(
    'lastsMs: 86400000\nnetwork: { loss: 1, resendMs: 10 }\nsteps: [{ from: a, to: b, body: x, count: 1000 }]',
  );
  await expect(runScenario(endless)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    remedy: 'send fewer messages, have fewer lost, or end it earlier with lastsMs',
  });
  await expect(runScenario(endless, { signal: AbortSignal.abort(new Error('by a person')) })).rejects.toThrow(
    'by a person',
  );
});
