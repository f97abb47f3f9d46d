import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '../lib/clock';
import { packageRoot } from '../lib/package-root';
import { AuthoritySource } from './authority';
import type { MapSnapshot } from './source';

const PEER = 'fc06c3edee3e2737c7089a3a03775c84';
const INTERVAL_MS = 1_000;

let folder: string;
let database: string;
let clock: ManualClock;
let source: AuthoritySource;
let seen: MapSnapshot[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-authority-'));
  database = join(folder, 'aa');
  await cp(join(packageRoot(), 'test/fixtures/swaptacular/aa'), database, { recursive: true });
  clock = new ManualClock(1_000_000);
  source = new AuthoritySource({ folder: database, clock, intervalMs: INTERVAL_MS });
  seen = [];
});
afterEach(async () => {
  await source.stop();
  await rm(folder, { recursive: true, force: true });
});

const file = (...parts: string[]): string => join(database, 'peers', PEER, ...parts);
/** A look has ended when the next one is waited for. */
async function look(): Promise<void> {
  await clock.advance(INTERVAL_MS);
  await source.idle();
}

test('the active peers of a real database, as the plan knows nodes', async () => {
  await source.start((snapshot) => seen.push(snapshot));
  const [found] = source.snapshot().peers;
  if (found === undefined) throw new Error('no peer');
  const { peer, origin } = found;
  expect([origin, peer.identities[0].id, peer.identities[0].name.toJava()]).toEqual([
    PEER,
    PEER,
    `SERIALNUMBER=${PEER}, OU=Creditors Agents, O=Swaptacular Nodes Registry`,
  ]);
  expect(peer.addresses).toEqual([{ host: '127.0.0.1', port: 24_120 }]);
  expect(peer.swaptacular?.stomp.destination).toBe('/exchange/creditors_in');
  expect(seen).toEqual([source.snapshot()]);
});

test('nothing is told while nothing changes; a peer that is deactivated is gone', async () => {
  await source.start((snapshot) => seen.push(snapshot));
  await look();
  expect(seen).toHaveLength(1);
  await writeFile(file('DEACTIVATED'), '');
  await look();
  expect(seen.map(({ peers }) => peers.length)).toEqual([1, 0]);
});

test('a peer that cannot be read stays as it was, and is parked until it can', async () => {
  await source.start((snapshot) => seen.push(snapshot));
  const [known] = source.snapshot().peers;
  await writeFile(file('nodeinfo/stomp.toml'), 'servers = []\n');
  await look();
  expect(source.snapshot().peers).toEqual([known]);
  expect(source.snapshot().parked.map(({ origin, error }) => [origin, error.code])).toEqual([[PEER, 'STOMP_TOML']]);
  const toml = 'servers = ["a.example:1"]\nhost = "/"\ndestination = "/exchange/creditors_in"\n';
  await writeFile(file('nodeinfo/stomp.toml'), toml);
  await look();
  expect(source.snapshot().parked).toEqual([]);
  expect(source.snapshot().peers[0]?.peer.addresses).toEqual([{ host: 'a.example', port: 1 }]);
});

test('a database that cannot be read changes nothing but says so; one that cannot be read at first is an error', async () => {
  await source.start((snapshot) => seen.push(snapshot));
  await rm(join(database, 'root-ca.crt'));
  await look();
  expect(source.snapshot().peers).toHaveLength(1);
  expect(source.snapshot().parked).toMatchObject([{ origin: 'the database', error: { code: 'DATABASE_FILE' } }]);
  const other = new AuthoritySource({ folder: database, clock, intervalMs: INTERVAL_MS });
  await expect(other.start(() => undefined)).rejects.toMatchObject({ code: 'DATABASE_FILE' });
});
