import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { X500Name } from '../certificates/x500-name';
import { ManualClock, systemClock } from '../lib/clock';
import { DirectorySource, type DirectoryOptions, type ReadPeer } from './directory';
import { NodeInfoError } from '../network-map/node-info-error';
import type { MapSnapshot } from './source';

/** Stands for a NodeInfo: "peer <name> <key> <serial>;", bad without the semicolon. */
async function readPeer({ bytes }: { bytes: Uint8Array }): Promise<ReadPeer> {
  const [, name = '', key = '', serial = ''] = /^peer (\w+) (\w+) (\d+);$/.exec(Buffer.from(bytes).toString()) ?? [];
  if (name === '') throw new NodeInfoError('NODE_INFO_FORMAT', 'not a peer');
  const identity = {
    id: key,
    name: X500Name.parse(`O=${name}, L=Rome, C=IT`),
    publicKey: bytes,
    role: 'legal',
  } as const;
  const addresses = [{ host: 'localhost', port: 1 }] as const;
  const rest = { services: [], addresses, nodeCa: '', platformVersion: 1 };
  return { peer: { identities: [identity], ...rest, serial: BigInt(serial) }, validUntil: Infinity };
}

const peersOf = ({ peers }: MapSnapshot): string[] =>
  peers.map(
    ({ peer, origin }) => `${origin} ${peer.identities[0].name.valuesOf('O').join('')} ${peer.serial.toString()}`,
  );
const parkedOf = ({ parked }: MapSnapshot): Record<string, string> =>
  Object.fromEntries(parked.map(({ origin, error }) => [origin, error.code]));

describe('DirectorySource', () => {
  let folder: string;
  let clock: ManualClock;
  let source: DirectorySource | undefined;
  let snapshots: MapSnapshot[];
  let reads: string[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'directory-source-'));
    clock = new ManualClock(1_000_000);
    snapshots = [];
    reads = [];
  });
  afterEach(async () => {
    await source?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const path = (name: string): string => join(folder, name);
  const put = (name: string, content: string): void => writeFileSync(path(name), content);
  const replace = (name: string, content: string): void => {
    put(`${name}.tmp`, content);
    renameSync(path(`${name}.tmp`), path(name));
  };

  async function start(options: Partial<DirectoryOptions> = {}): Promise<DirectorySource> {
    source = new DirectorySource({
      folder,
      clock,
      watch: 'poll',
      intervalMs: 5_000,
      readPeer: (file) => {
        reads.push(file.name);
        return readPeer(file);
      },
      ...options,
    });
    await source.start((snapshot) => snapshots.push(snapshot));
    return source;
  }

  /** Lets timers fall due until the condition holds; disk access takes real time, so the event loop turns in between. */
  async function until(condition: (snapshot: MapSnapshot) => boolean): Promise<MapSnapshot> {
    for (const deadline = Date.now() + 4_000; Date.now() < deadline;) {
      const snapshot = snapshots.at(-1);
      if (snapshot !== undefined && condition(snapshot)) return snapshot;
      await clock.advance(500);
      await new Promise(setImmediate);
    }
    throw new Error(`not seen: ${condition.toString()}; last ${JSON.stringify(snapshots.at(-1)?.parked)}`);
  }

  /** Waits for so many further looks at the folder. */
  async function looks(count: number): Promise<void> {
    const marker = 'nodeInfo-marker';
    for (let look = 1; look <= count; look += 1) {
      replace(marker, `peer Marker marker ${look + 1_000 * snapshots.length};`);
      const seen = snapshots.length;
      await until(() => snapshots.length > seen);
    }
    rmSync(path(marker));
    await until((snapshot) => !peersOf(snapshot).some((peer) => peer.startsWith(marker)));
  }

  describe('by polling', () => {
    it('reads NodeInfos in both forms and nothing else', async () => {
      put('nodeInfo-A', 'peer A a 1;');
      put('nodeInfo-B.json', 'peer B b 2;');
      put('c.json', 'peer C c 3;');
      for (const name of ['nodeInfo-X.tmp', '.nodeInfo-Y', 'readme.txt', '.hidden.json']) put(name, 'peer X x 1;');
      mkdirSync(path('nodeInfo-folder'));
      symlinkSync(path('nowhere'), path('nodeInfo-dangling'));
      await start();
      expect(snapshots).toHaveLength(1);
      expect(peersOf(snapshots[0] as MapSnapshot)).toEqual(['nodeInfo-A A 1', 'nodeInfo-B.json B 2', 'c.json C 3']);
      expect(snapshots[0]).toMatchObject({
        revision: 1,
        parked: [],
        serials: new Map([
          ['a', 1n],
          ['b', 2n],
          ['c', 3n],
        ]),
      });
    });

    it('follows links to files, as mounted configuration has them', async () => {
      mkdirSync(path('..data'));
      writeFileSync(path('..data/a'), 'peer A a 1;');
      symlinkSync('..data/a', path('nodeInfo-A'));
      expect(peersOf((await start()).snapshot())).toEqual(['nodeInfo-A A 1']);
    });

    it('sees files appear, change and vanish, and counts revisions', async () => {
      await start();
      expect(snapshots[0]).toMatchObject({ revision: 1, peers: [] });
      put('nodeInfo-A', 'peer A a 1;');
      await until((snapshot) => peersOf(snapshot)[0] === 'nodeInfo-A A 1');
      replace('nodeInfo-A', 'peer A a 2;');
      await until((snapshot) => peersOf(snapshot)[0] === 'nodeInfo-A A 2');
      rmSync(path('nodeInfo-A'));
      await until((snapshot) => snapshot.peers.length === 0);
      expect(snapshots.map(({ revision }) => revision)).toEqual([1, 2, 3, 4]);
      expect(source?.snapshot()).toBe(snapshots.at(-1));
    });

    it('makes no new revision and reads nothing again while nothing changes', async () => {
      put('nodeInfo-A', 'peer A a 1;');
      await start();
      await looks(1);
      const seen = snapshots.length;
      expect(reads.filter((name) => name === 'nodeInfo-A')).toHaveLength(1);
      replace('nodeInfo-A', 'peer A a 1;');
      utimesSync(path('nodeInfo-A'), 1, 1);
      await until(() => reads.filter((name) => name === 'nodeInfo-A').length === 2);
      expect(snapshots).toHaveLength(seen);
    });

    it('parks a bad file with its reason and time, harming no other', async () => {
      put('nodeInfo-A', 'peer A a 1;');
      put('nodeInfo-B', 'rubbish');
      await start();
      const snapshot = await until(({ parked }) => parked.length > 0);
      expect(peersOf(snapshot)).toEqual(['nodeInfo-A A 1']);
      expect(parkedOf(snapshot)).toEqual({ 'nodeInfo-B': 'NODE_INFO_FORMAT' });
      expect(snapshot.parked[0]?.since).toBeGreaterThan(1_000_000);
      await looks(1);
      expect(snapshots.at(-1)?.parked[0]).toBe(snapshot.parked[0]);
      rmSync(path('nodeInfo-B'));
      await until(({ parked }) => parked.length === 0);
    });

    it('keeps the last good version of a file that is replaced by a bad one, until that vanishes', async () => {
      put('nodeInfo-A', 'peer A a 1;');
      await start();
      replace('nodeInfo-A', 'rubbish');
      expect(peersOf(await until(({ parked }) => parked.length > 0))).toEqual(['nodeInfo-A A 1']);
      rmSync(path('nodeInfo-A'));
      expect(parkedOf(await until(({ peers }) => peers.length === 0))).toEqual({});
    });

    it('does not park what is still being written, and takes it when it is whole', async () => {
      await start({ settleMs: 60_000 });
      put('nodeInfo-A', 'peer A ');
      await until(() => reads.length > 0);
      appendFileSync(path('nodeInfo-A'), 'a 1;');
      await until((snapshot) => peersOf(snapshot)[0] === 'nodeInfo-A A 1');
      expect(snapshots.flatMap(({ parked }) => parked)).toEqual([]);
    });

    it('parks a bad file at once when it was written long ago', async () => {
      put('nodeInfo-A', 'rubbish');
      utimesSync(path('nodeInfo-A'), 1, 1);
      expect(parkedOf((await start()).snapshot())).toEqual({ 'nodeInfo-A': 'NODE_INFO_FORMAT' });
    });

    it('takes nothing older than what was known, and keeps the newer version', async () => {
      put('nodeInfo-A', 'peer A a 5;');
      put('nodeInfo-B', 'peer B b 1;');
      await start({ knownSerials: new Map([['b', 2n]]) });
      expect(parkedOf(snapshots[0] as MapSnapshot)).toEqual({ 'nodeInfo-B': 'MERGE_SERIAL_OLD' });
      replace('nodeInfo-A', 'peer A a 4;');
      const snapshot = await until((each) => each.parked.length === 2);
      expect(peersOf(snapshot)).toEqual(['nodeInfo-A A 5']);
      expect(snapshot.serials).toEqual(
        new Map([
          ['a', 5n],
          ['b', 2n],
        ]),
      );
    });

    it('keeps the node of a name when a file brings the name with another key, whatever its origin', async () => {
      put('nodeInfo-B', 'peer A a 1;');
      await start();
      put('nodeInfo-A', 'peer A other 9;');
      const snapshot = await until(({ parked }) => parked.length > 0);
      expect(peersOf(snapshot)).toEqual(['nodeInfo-B A 1']);
      expect(parkedOf(snapshot)).toEqual({ 'nodeInfo-A': 'MERGE_NAME_TAKEN' });
      rmSync(path('nodeInfo-B'));
      expect(peersOf(await until((each) => each.parked.length === 0))).toEqual(['nodeInfo-A A 9']);
    });

    it('keeps everything while the folder is gone, and says so', async () => {
      put('nodeInfo-A', 'peer A a 1;');
      await start();
      renameSync(folder, `${folder}-away`);
      const snapshot = await until(({ parked }) => parked.length > 0);
      expect(peersOf(snapshot)).toEqual(['nodeInfo-A A 1']);
      expect(parkedOf(snapshot)).toEqual({ [folder]: 'DIRECTORY_UNREADABLE' });
      renameSync(`${folder}-away`, folder);
      await until(({ parked }) => parked.length === 0);
    });

    it('starts without the folder and finds it later', async () => {
      rmSync(folder, { recursive: true });
      expect(parkedOf((await start()).snapshot())).toEqual({ [folder]: 'DIRECTORY_UNREADABLE' });
      mkdirSync(folder);
      put('nodeInfo-A', 'peer A a 1;');
      await until(({ peers, parked }) => peers.length === 1 && parked.length === 0);
    });

    it('does not read files that are too large', async () => {
      put('nodeInfo-A', 'x'.repeat(101));
      put('nodeInfo-B', `peer B b 1;`);
      await start({ maxFileBytes: 100 });
      expect(parkedOf(await until(({ parked }) => parked.length > 0))).toEqual({
        'nodeInfo-A': 'DIRECTORY_FILE_TOO_LARGE',
      });
      expect(reads).toEqual(['nodeInfo-B']);
    });

    it('keeps the files that it knows when a flood of others comes', async () => {
      put('nodeInfo-Z', 'peer Z z 1;');
      await start({ maxFiles: 2 });
      for (const name of ['A', 'B', 'C']) put(`nodeInfo-${name}`, `peer ${name} ${name} 1;`);
      const snapshot = await until(({ parked }) => parked.length > 0);
      expect(parkedOf(snapshot)).toEqual({ [folder]: 'DIRECTORY_TOO_MANY_FILES' });
      expect(peersOf(snapshot)).toEqual(['nodeInfo-A A 1', 'nodeInfo-Z Z 1']);
    });

    it('verifies again when a certificate expires, and keeps what was good with the reason why it no longer is', async () => {
      let expired = false;
      put('nodeInfo-A', 'peer A a 1;');
      const validUntil = clock.now() + 3_600_000;
      let verified = 0;
      await start({
        recheckMs: 60_000,
        readPeer: async (file) => {
          verified += 1;
          if (expired) throw new NodeInfoError('NODE_INFO_CHAIN', 'expired');
          return { ...(await readPeer(file)), validUntil };
        },
      });
      await clock.advance(validUntil - clock.now() - 1_000);
      expect(verified).toBe(1);
      expired = true;
      const snapshot = await until(({ parked }) => parked.length > 0);
      expect(peersOf(snapshot)).toEqual(['nodeInfo-A A 1']);
      expect(parkedOf(snapshot)).toEqual({ 'nodeInfo-A': 'NODE_INFO_CHAIN' });
      expired = false;
      await until(({ parked }) => parked.length === 0);
    });

    it('parks a file on which the reader breaks', async () => {
      put('nodeInfo-A', 'peer A a 1;');
      put('nodeInfo-B', 'breaks');
      await start({
        readPeer: (file) => (file.name === 'nodeInfo-B' ? Promise.reject(new RangeError('too deep')) : readPeer(file)),
      });
      const snapshot = await until(({ parked }) => parked.length > 0);
      expect(parkedOf(snapshot)).toEqual({ 'nodeInfo-B': 'DIRECTORY_FILE_UNREADABLE' });
      expect(peersOf(snapshot)).toEqual(['nodeInfo-A A 1']);
    });

    it('tells nothing after it was stopped', async () => {
      const running = await start();
      await running.stop();
      put('nodeInfo-A', 'peer A a 1;');
      await clock.advance(60_000);
      await new Promise(setImmediate);
      expect(snapshots).toHaveLength(1);
    });
  });

  describe('told by the operating system', () => {
    const startNative = (options: Partial<DirectoryOptions> = {}): Promise<DirectorySource> =>
      start({ watch: 'native', clock: systemClock, settleMs: 200, ...options });

    it('sees files appear, change by renaming and in place, and vanish', async () => {
      put('nodeInfo-A', 'peer A a 1;');
      await startNative();
      put('nodeInfo-B', 'peer B b 1;');
      await until(({ peers }) => peers.length === 2);
      replace('nodeInfo-B', 'peer B b 2;');
      await until((snapshot) => peersOf(snapshot)[1] === 'nodeInfo-B B 2');
      put('nodeInfo-B', 'peer B b 3;');
      await until((snapshot) => peersOf(snapshot)[1] === 'nodeInfo-B B 3');
      rmSync(path('nodeInfo-B'));
      await until(({ peers }) => peers.length === 1);
    });

    it('sees what happens in a folder that took the place of the first', async () => {
      await startNative({ intervalMs: 50 });
      for (const attempt of [1, 2]) {
        rmSync(folder, { recursive: true });
        await until(({ parked }) => parked.length === 1);
        mkdirSync(folder);
        await until(({ parked }) => parked.length === 0);
        put('nodeInfo-A', `peer A a ${attempt};`);
        await until((snapshot) => peersOf(snapshot)[0] === `nodeInfo-A A ${attempt}`);
      }
    });

    it('parks a bad file once it has settled', async () => {
      await startNative();
      put('nodeInfo-A', 'rubbish');
      await until(({ parked }) => parked.length === 1);
    });

    it('takes a thousand files that come at once', async () => {
      await startNative();
      for (let index = 0; index < 1_000; index += 1) replace(`nodeInfo-${index}`, `peer N${index} k${index} 1;`);
      const snapshot = await until(({ peers }) => peers.length === 1_000);
      expect(snapshot.revision).toBeLessThan(200);
    });
  });
});
