import { issueList } from '../../../test/interop/revocation/issue-list';
import { RevocationError } from '../../certificates/revocation-error';
import { X500Name } from '../../certificates/x500-name';
import type { Credential } from '../../dev-network/credential';
import { issueAuthority, issueNodeCa } from '../../dev-network/issue-corda';
import { ManualClock } from '../../lib/clock';
import type { MapSnapshot, MapSource } from '../source';
import type { ListOrigin } from './list-origin';
import { RevocationGuard } from './revocation-guard';
import { RevocationLists, type KeptLists } from './revocation-lists';

const HOUR = 3_600_000;
const START = Date.UTC(2030, 0, 1);
let counter = 0;
const SETTINGS = {
  validity: { notBefore: START - HOUR, notAfter: START + 10_000 * HOUR },
  random: (bytes: number) => new Uint8Array(bytes).fill((counter += 1)),
};
const { root, doorman } = issueAuthority(SETTINGS);
const NODES = ['A', 'B'].map((letter) => {
  const name = X500Name.parse(`O=Party ${letter}, L=London, C=GB`);
  return { letter, name, ca: issueNodeCa(doorman, name, SETTINGS) };
});
const SNAPSHOT: MapSnapshot = {
  peers: NODES.map(({ letter, name, ca }) => ({
    peer: {
      identities: [{ id: letter, name, publicKey: Buffer.from(letter), role: 'legal' }],
      ...{ services: [], addresses: [{ host: 'localhost', port: 1 }], nodeCa: ca.chain[0].pem() },
      ...{ platformVersion: 1, serial: 1n },
    },
    origin: letter,
    version: letter,
  })),
  ...{ parked: [], serials: new Map(), revision: 3 },
};

interface Options {
  readonly failure?: 'soft' | 'hard';
  readonly kept?: Map<string, Uint8Array>;
}

/** A map that stays, and one list that is served or not. */
function setUp({ failure = 'soft', kept = new Map() }: Options = {}) {
  const clock = new ManualClock(START);
  const served: { bytes: Uint8Array | undefined; asked: number } = { bytes: undefined, asked: 0 };
  const origin: ListOrigin = {
    name: 'the list',
    everyMs: HOUR,
    read: async () => {
      served.asked += 1;
      if (served.bytes === undefined) throw new RevocationError('REVOCATION_LIST_UNREACHABLE', 'nobody there');
      return served.bytes;
    },
  };
  const disk: KeptLists = {
    read: async (name) => kept.get(name),
    write: async (name, bytes) => void kept.set(name, bytes),
  };
  const cas = () => [doorman.chain[0], root.chain[0]];
  const source: MapSource = {
    start: async (listener) => listener(SNAPSHOT),
    stop: async () => undefined,
    snapshot: () => SNAPSHOT,
  };
  const lists = new RevocationLists({ origins: [origin], cas, kept: disk, clock });
  const guard = new RevocationGuard({ source, lists, failure, cas, clock });
  const seen: string[] = [];
  const start = (): Promise<void> =>
    guard.start(({ peers, parked }) => {
      const names = peers.map((one) => one.origin).join('');
      seen.push(`${names} ${parked.map(({ origin: from, error }) => `${from}:${error.code}`).join(' ')}`.trim());
    });
  const serve = (revoked: readonly Credential[], from: number, until: number): void => {
    const serials = revoked.map(({ chain: [one] }) => one.serial);
    served.bytes = issueList(doorman, { serials, thisUpdate: from, nextUpdate: until });
  };
  return { clock, served, kept, guard, seen, start, serve };
}

const [a, b] = NODES.map(({ ca }) => ca) as [Credential, Credential];

test('who is revoked leaves the map, and is back when a newer list does not name him', async () => {
  const { clock, guard, seen, start, serve } = setUp();
  serve([], START, START + 24 * HOUR);
  await start();
  serve([b], START + HOUR, START + 24 * HOUR);
  await clock.advance(HOUR);
  const { revision } = guard.snapshot();
  serve([], START + 2 * HOUR, START + 24 * HOUR);
  await clock.advance(HOUR);
  await guard.stop();
  expect(seen).toEqual(['AB', 'A B:CERTIFICATE_REVOKED', 'AB']);
  expect([revision, guard.snapshot().revision]).toEqual([4, 5]);
});

test('a list that is kept holds at the next start, though its origin is away', async () => {
  const first = setUp();
  first.serve([a], START, START + 24 * HOUR);
  await first.start();
  await first.guard.stop();
  const { start, seen, clock, guard } = setUp({ kept: first.kept });
  await start();
  await clock.advance(1);
  await guard.stop();
  expect(seen).toEqual(['B A:CERTIFICATE_REVOKED', 'B A:CERTIFICATE_REVOKED the list:REVOCATION_LIST_UNREACHABLE']);
});

test('without a list: soft lets all in and says so, hard lets nobody in until there is one', async () => {
  const soft = setUp();
  await soft.start();
  await soft.guard.stop();
  expect(soft.seen).toEqual(['AB the list:REVOCATION_LIST_UNREACHABLE']);
  // The doorman's own certificate would need a list of the root.
  const hard = setUp({ failure: 'hard' });
  await hard.start();
  await hard.guard.stop();
  expect(hard.seen).toEqual(['A:REVOCATION_UNKNOWN B:REVOCATION_UNKNOWN the list:REVOCATION_LIST_UNREACHABLE']);
});

test('an older list, one by a stranger and rubbish change nothing', async () => {
  const { clock, served, guard, seen, start, serve } = setUp();
  serve([b], START, START + 24 * HOUR);
  await start();
  serve([], START - HOUR, START + 24 * HOUR);
  await clock.advance(HOUR);
  served.bytes = issueList(a, { serials: [], thisUpdate: START + HOUR });
  await clock.advance(60_000);
  served.bytes = Buffer.from('rubbish');
  await clock.advance(60_000);
  await guard.stop();
  expect(seen).toEqual([
    'A B:CERTIFICATE_REVOKED',
    'A B:CERTIFICATE_REVOKED the list:REVOCATION_LIST_OLDER',
    'A B:CERTIFICATE_REVOKED the list:REVOCATION_LIST_UNTRUSTED',
    'A B:CERTIFICATE_REVOKED the list:REVOCATION_LIST_INVALID',
  ]);
});

test('a list is asked for again when it ends, and stays in use when there is no newer one', async () => {
  const { clock, served, guard, seen, start, serve } = setUp();
  serve([b], START, START + HOUR / 2);
  await start();
  const before = served.asked;
  await clock.advance(HOUR / 2 + 1_000);
  expect(served.asked).toBeGreaterThan(before);
  await clock.advance(HOUR);
  await guard.stop();
  expect(seen.at(-1)).toBe('A B:CERTIFICATE_REVOKED the list:REVOCATION_LIST_STALE');
});
