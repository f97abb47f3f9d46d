import { X500Name } from '../certificates/x500-name';
import { ManualClock } from '../lib/clock';
import { NetmapError } from '../lib/errors';
import type { SourcedPeer } from '../network/merge';
import type { NetworkParametersDocument } from '../network-map/network-parameters';
import { CombinedSource } from './combined';
import type { MapSnapshot, MapSource, SnapshotListener } from './source';

class SampleError extends NetmapError<'BAD'> {}

function peer(name: string, id: string, serial: number, origin: string): SourcedPeer {
  const identity = {
    id,
    name: X500Name.parse(`O=${name}, L=Rome, C=IT`),
    publicKey: Buffer.of(1),
    role: 'legal',
  } as const;
  const addresses = [{ host: 'localhost', port: 1 }] as const;
  const rest = { services: [], addresses, nodeCa: '', platformVersion: 1, serial: BigInt(serial) };
  return { peer: { identities: [identity], ...rest }, origin, version: `${origin} ${serial}` };
}

class FakeSource implements MapSource {
  private revision = 0;
  private parked: MapSnapshot['parked'] = [];
  private listener: SnapshotListener = () => undefined;
  isStopped = false;
  failure: Error | undefined;

  constructor(
    public peers: readonly SourcedPeer[],
    readonly parameters?: NetworkParametersDocument,
  ) {}

  async start(listener: SnapshotListener): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.listener = listener;
    this.show(this.peers);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
  }

  show(peers: readonly SourcedPeer[], parked: MapSnapshot['parked'] = []): void {
    this.peers = peers;
    this.parked = parked;
    this.revision += 1;
    this.listener(this.snapshot());
  }

  snapshot(): MapSnapshot {
    const { peers, parked, revision, parameters } = this;
    const serials = new Map(peers.map((each) => [each.peer.identities[0].id, each.peer.serial]));
    return { peers, parked, serials, revision, ...(parameters === undefined ? {} : { parameters }) };
  }
}

let snapshots: MapSnapshot[];

async function combine(...sources: [FakeSource, ...FakeSource[]]): Promise<CombinedSource> {
  snapshots = [];
  const combined = new CombinedSource({ sources, clock: new ManualClock() });
  await combined.start((snapshot) => snapshots.push(snapshot));
  return combined;
}
const shown = (combined: CombinedSource): string[] =>
  combined.snapshot().peers.map(({ origin, peer: { serial } }) => `${origin} ${serial.toString()}`);

test('nodes of all sources, told once at the start', async () => {
  const combined = await combine(
    new FakeSource([peer('A', 'a', 1, 'file')]),
    new FakeSource([peer('B', 'b', 1, 'map')]),
  );
  expect(shown(combined)).toEqual(['file 1', 'map 1']);
  expect(snapshots).toHaveLength(1);
});

test('of a node that both know the newest counts, of equals the first; nothing is parked for that', async () => {
  const files = new FakeSource([peer('A', 'a', 2, 'file')]);
  const map = new FakeSource([peer('A', 'a', 1, 'map')]);
  const combined = await combine(files, map);
  expect(shown(combined)).toEqual(['file 2']);
  map.show([peer('A', 'a', 2, 'map')]);
  expect(shown(combined)).toEqual(['file 2']);
  map.show([peer('A', 'a', 3, 'map')]);
  expect(shown(combined)).toEqual(['map 3']);
  expect(combined.snapshot().parked).toEqual([]);
});

test('a node in a file is not taken away by a map that does not name it', async () => {
  const map = new FakeSource([peer('A', 'a', 1, 'map'), peer('B', 'b', 1, 'map b')]);
  const combined = await combine(new FakeSource([peer('A', 'a', 1, 'file')]), map);
  map.show([]);
  expect(shown(combined)).toEqual(['file 1']);
});

test('where different nodes contend for a name the first source has it, even if the other was known before', async () => {
  const files = new FakeSource([]);
  const combined = await combine(files, new FakeSource([peer('A', 'other', 1, 'map')]));
  expect(shown(combined)).toEqual(['map 1']);
  files.show([peer('A', 'mine', 1, 'z-file')]);
  expect(shown(combined)).toEqual(['z-file 1']);
  expect(combined.snapshot().parked).toMatchObject([{ origin: 'map', error: { code: 'MERGE_NAME_TAKEN' } }]);
});

test('what was taken of a file is not undone by an older one of the map', async () => {
  const files = new FakeSource([peer('A', 'a', 5, 'file')]);
  const combined = await combine(files, new FakeSource([peer('A', 'a', 3, 'map')]));
  files.show([]);
  expect(shown(combined)).toEqual([]);
  expect(combined.snapshot().parked).toMatchObject([{ origin: 'map', error: { code: 'MERGE_SERIAL_OLD' } }]);
});

test('shows what each has parked, its parameters, and tells nobody of nothing', async () => {
  const parameters = { epoch: 7 } as NetworkParametersDocument;
  const files = new FakeSource([]);
  const combined = await combine(files, new FakeSource([], parameters));
  expect(combined.snapshot().parameters).toBe(parameters);
  files.show([]);
  expect(snapshots).toHaveLength(1);
  files.show([], [{ origin: 'bad', error: new SampleError('BAD', 'torn'), since: 0 }]);
  expect(snapshots).toHaveLength(2);
  expect(combined.snapshot().parked).toMatchObject([{ origin: 'bad', error: { code: 'BAD' } }]);
});

test('when one cannot start, all are stopped and it says why', async () => {
  const files = new FakeSource([]);
  const map = new FakeSource([]);
  map.failure = new Error('damaged');
  await expect(combine(files, map)).rejects.toThrow('damaged');
  expect([files.isStopped, map.isStopped]).toEqual([true, true]);
});

test('after it has stopped it tells nothing', async () => {
  const files = new FakeSource([]);
  const combined = await combine(files);
  await combined.stop();
  files.show([peer('A', 'a', 1, 'file')]);
  expect(snapshots).toHaveLength(1);
});
