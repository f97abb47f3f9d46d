import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '../../sidecar/lib/clock';
import { MapCache } from '../../sidecar/sources/cache/map-cache';
import { cordaForm } from '../../sidecar/sources/http/corda-form';
import type { MapDecisions } from '../../sidecar/sources/http/decisions';
import { NO_DECISIONS } from '../../sidecar/sources/http/decisions';
import type { Answer } from '../../sidecar/sources/http/exchange';
import { MapClient } from '../../sidecar/sources/http/map-client';
import { MapServiceError } from '../../sidecar/sources/http/map-service-error';
import { NetworkMapSource } from '../../sidecar/sources/http/network-map-source';
import type { MapSnapshot } from '../../sidecar/sources/source';
import { authority, identityOf, nameOf, nodeInfoOf, POLL_SECONDS, ServedMap, START, type Tamper } from './served-map';

const HOUR = 3_600_000;
const LETTERS = 'A B C D E F G H I J K L'.split(' ');
const identities = new Map(LETTERS.map((letter) => [letter, identityOf(letter)]));
const URL_OF_MAP = 'http://map.example/';

let folder: string;
let clock: ManualClock;
let served: ServedMap;
let source: NetworkMapSource;
let told: MapSnapshot[];
let decisions: MapDecisions;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'map-faults-'));
  clock = new ManualClock(START);
  served = await servedAt(0);
  decisions = NO_DECISIONS;
});
afterEach(async () => {
  await source.stop();
  await served.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A service with every node, its clock so far from the nodes'. */
async function servedAt(offset: number, letters = LETTERS): Promise<ServedMap> {
  const map = await ServedMap.open({ now: () => clock.now() + offset, after: (ms, work) => clock.after(ms, work) });
  for (const letter of letters) await map.service.publish(nodeInfoOf(credential(letter)), letter);
  await map.settled();
  return map;
}

function credential(letter: string) {
  const found = identities.get(letter);
  if (found === undefined) throw new Error(letter);
  return found;
}

async function start(): Promise<void> {
  told = [];
  const client = new MapClient({
    url: new URL(URL_OF_MAP),
    exchange: (question, signal) => served.exchange(question, signal),
    mediaType: cordaForm.mediaType,
    platformVersion: 12,
  });
  source = new NetworkMapSource({
    ...{ url: URL_OF_MAP, client, form: cordaForm, roots: [authority.root.chain[0]], clock, random: () => 0.5 },
    cache: new MapCache(join(folder, 'cache')),
    poll: { minMs: 1_000, maxMs: HOUR },
    brake: { share: 0.2, atLeast: 3 },
    ownId: 'own',
    maxPeers: 100,
    decisions: async () => decisions,
  });
  await source.start((snapshot) => told.push(snapshot));
}

const partiesOf = ({ peers }: MapSnapshot): string =>
  peers.map(({ peer }) => peer.identities[0].name.valuesOf('O').join('').slice(-1)).join('');
const ALL = LETTERS.join('');

/** Lets the time of polls pass until it holds; answers come in turns of the event loop. */
async function until(what: string, holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 400; turn += 1) {
    if (holds()) return;
    await clock.advance(POLL_SECONDS * 100);
    // Sockets and disk take real time: the poll that fell due is done when the next is planned.
    while ((source.status().nextPollAt ?? 0) <= clock.now()) await new Promise(setImmediate);
  }
  throw new Error(`not seen: ${what}; ${JSON.stringify(source.status())}`);
}

const problemCodes = (): string[] => source.snapshot().parked.map(({ error }) => error.code);
const isMap = (path: string): boolean => path.endsWith('/network-map');
const withBody = (answer: Answer, body: Buffer): Answer => ({ ...answer, body });
const html = Buffer.from('<!doctype html><title>Sign in</title>');

const FAULTS: readonly (readonly [string, Tamper])[] = [
  ['answers 500', (_, answer) => ({ ...answer, status: 500, body: Buffer.from('oops') })],
  ['answers with a page for people', (_, answer) => withBody(answer, html)],
  ['sends half a body', (_, answer) => withBody(answer, answer.body.subarray(0, answer.body.length / 2))],
  ['sends nothing', (_, answer) => withBody(answer, Buffer.alloc(0))],
  [
    'is not reached',
    () => {
      throw new MapServiceError('MAP_SERVICE_UNREACHABLE', 'nobody is there');
    },
  ],
];

describe.each(FAULTS)('a service that %s', (_, fault) => {
  test('changes nothing, is told, and is forgotten when it is well again', async () => {
    await start();
    expect(partiesOf(source.snapshot())).toBe(ALL);
    // What is asked for again is asked for in full: an answer "unchanged" has no body to be bad.
    served.tamper = async (question, answer) => {
      return answer.status === 304 ? fault(question, { ...answer, status: 200 }) : fault(question, answer);
    };
    await until('the fault is told', () => source.status().failures >= 3);
    expect(partiesOf(source.snapshot())).toBe(ALL);
    expect(problemCodes()).toHaveLength(1);
    expect(source.status().failingSince).toBeGreaterThan(START);
    expect(source.status().failure?.code).toBe(problemCodes()[0]);
    served.tamper = (_question, answer) => answer;
    await until('all is well', () => source.status().failures === 0);
    expect([problemCodes(), source.status().failingSince]).toEqual([[], undefined]);
    expect(told.every((snapshot) => partiesOf(snapshot) === ALL)).toBe(true);
  });
});

test('a map by the signer of another service of the same roots that is shorter is held as a loss', async () => {
  await start();
  const other = await servedAt(0, ['A', 'B']);
  const ours = served;
  served = other;
  await until('the loss is held', () => source.status().held !== undefined);
  expect(partiesOf(source.snapshot())).toBe(ALL);
  served = ours;
  await other.close();
  await until('the whole map is back', () => source.status().held === undefined);
  expect(partiesOf(source.snapshot())).toBe(ALL);
});

test('a map with one byte changed is refused', async () => {
  await start();
  await served.service.publish(nodeInfoOf(identityOf('M')), 'M');
  served.tamper = ({ url }, answer) => {
    if (!isMap(url.pathname) || answer.body.length === 0) return answer;
    const body = Buffer.from(answer.body);
    body.writeUInt8(body.readUInt8(200) ^ 1, 200);
    return withBody(answer, body);
  };
  await until('it is refused', () => source.status().failures > 0);
  expect(partiesOf(source.snapshot())).toBe(ALL);
  served.tamper = (_question, answer) => answer;
  await until('the new node is known', () => partiesOf(source.snapshot()) === `${ALL}M`);
});

test('a NodeInfo with another hash than asked for is not taken, and its node alone is missing', async () => {
  await start();
  const wrong = nodeInfoOf(identityOf('X'));
  served.tamper = ({ url }, answer) => {
    return url.pathname.includes('/node-info/') ? withBody(answer, Buffer.from(wrong)) : answer;
  };
  await served.service.publish(nodeInfoOf(identityOf('M')), 'M');
  await served.service.publish(nodeInfoOf(identityOf('N')), 'N');
  await until('it is told', () => problemCodes().includes('MAP_SERVICE_ANSWER'));
  expect(partiesOf(source.snapshot())).toBe(ALL);
  served.tamper = (_question, answer) => answer;
  await until('they are known', () => partiesOf(source.snapshot()) === `${ALL}MN`);
  expect(problemCodes()).toEqual([]);
});

test.each([
  ['an hour ahead', HOUR],
  ['an hour behind', -HOUR],
])('a service whose clock is %s is followed', async (_, offset) => {
  await served.close();
  served = await servedAt(offset);
  await start();
  expect(partiesOf(source.snapshot())).toBe(ALL);
  await served.service.publish(nodeInfoOf(identityOf('M')), 'M');
  await until('the new node is known', () => partiesOf(source.snapshot()) === `${ALL}M`);
});

test('a map that an older state of the service gives is held', async () => {
  await start();
  const old = await servedAt(-24 * HOUR);
  const ours = served;
  served = old;
  await until('it is held', () => source.status().held !== undefined);
  expect(problemCodes()).toEqual(['MAP_OLDER']);
  served = ours;
  await old.close();
  await until('the service is itself again', () => source.status().held === undefined);
  expect(partiesOf(source.snapshot())).toBe(ALL);
});

test('a map that shrinks by nine tenths is held until the operator agrees', async () => {
  await start();
  for (const letter of LETTERS.slice(1)) await served.service.remove(nameOf(letter));
  await served.settled();
  await until('it is held', () => source.status().held !== undefined);
  const { held } = source.status();
  expect([partiesOf(source.snapshot()), held?.lost.length]).toEqual([ALL, LETTERS.length - 1]);
  decisions = { ...NO_DECISIONS, map: { digest: held?.digest ?? '', at: clock.now() } };
  await until('the map goes on', () => partiesOf(source.snapshot()) === 'A');
});

test('a map that shrinks and is whole again goes on by itself', async () => {
  await start();
  for (const letter of LETTERS.slice(1)) await served.service.remove(nameOf(letter));
  await served.settled();
  await until('it is held', () => source.status().held !== undefined);
  for (const letter of LETTERS.slice(1)) await served.service.publish(nodeInfoOf(credential(letter), 2n), letter);
  await served.settled();
  await until('nothing is held', () => source.status().held === undefined);
  expect(partiesOf(source.snapshot())).toBe(ALL);
  expect(told.every((snapshot) => partiesOf(snapshot) === ALL)).toBe(true);
});

test('who starts while the service is away works from the map on disk', async () => {
  await start();
  await source.stop();
  served.tamper = () => {
    throw new MapServiceError('MAP_SERVICE_UNREACHABLE', 'nobody is there');
  };
  await start();
  expect(told.map(partiesOf)).toEqual([ALL]);
  await until('the service is missed', () => source.status().failures > 0);
  expect(partiesOf(source.snapshot())).toBe(ALL);
});
