import { peer, sourced } from '../../../test/faults/model/network';
import type { Certificate } from '../../certificates/certificate';
import { issueAuthority } from '../../dev-network/issue-corda';
import { ManualClock } from '../../lib/clock';
import { silentLogger } from '../../lib/log';
import { peerId } from '../../network/peer';
import { MapCacheError } from '../../sources/cache/map-cache-error';
import type { MapDecisions } from '../../sources/http/decisions';
import type { MapSnapshot, MapSource, SnapshotListener } from '../../sources/source';
import { RerootedSource, type Making } from './rerooted-source';

const VALIDITY = { notBefore: 0, notAfter: 4_000_000_000_000 };
const newRoot = (): Certificate =>
  issueAuthority({ validity: VALIDITY, random: (bytes) => new Uint8Array(bytes).fill(7) }).root.chain[0];
const [OLD, NEW] = [newRoot(), newRoot()];

/** Where each peer has its certificates from. */
type Network = Record<string, Certificate>;

/** A source that knows whom its roots vouch for, as of when it was made. */
class Made implements MapSource {
  readonly source = this;
  isRunning = false;
  listener: SnapshotListener = () => undefined;
  revision = 0;

  constructor(
    readonly making: Making,
    private readonly world: World,
  ) {}

  async start(listener: SnapshotListener): Promise<void> {
    const { world, making } = this;
    const fails = making.isTrial ? world.trialFails : world.fails.shift();
    if (fails !== undefined) throw fails;
    if (!making.isTrial && world.atWork.length > 0) throw new Error('two at once');
    this.isRunning = true;
    this.listener = listener;
    this.tell();
  }

  async stop(): Promise<void> {
    this.isRunning = false;
  }

  snapshot(): MapSnapshot {
    const { network } = this.world;
    const known = Object.keys(network).filter((name) =>
      this.making.roots.some((root) => network[name]?.equals(root) === true),
    );
    const peers = known.map((name) => sourced(peer(name)));
    const serials = new Map([...this.making.serials, ...peers.map((one) => [peerId(one.peer), 1n] as const)]);
    return { peers, parked: [], serials, revision: this.revision };
  }

  tell(): void {
    this.revision += 1;
    this.listener(this.snapshot());
  }
}

class World {
  readonly made: Made[] = [];
  /** One for each start to come. */
  readonly fails: (Error | undefined)[] = [];
  trialFails: Error | undefined;
  decisions: MapDecisions = { parameters: [] };
  readonly given: MapSnapshot[] = [];
  readonly clock = new ManualClock(1_000);
  readonly source: RerootedSource<Made>;

  constructor(
    public network: Network,
    roots: readonly Certificate[] = [OLD],
  ) {
    this.source = new RerootedSource({
      make: (making) => {
        const made = new Made(making, this);
        this.made.push(made);
        return made;
      },
      ...{ roots, serials: new Map([['DLGone', 5n]]), brake: { share: 0.5, atLeast: 2 }, ownId: 'DLMe' },
      ...{ decisions: async () => this.decisions, clock: this.clock, log: silentLogger },
    });
  }

  static async started(network: Network, roots?: readonly Certificate[]): Promise<World> {
    const world = new World(network, roots);
    await world.source.start((snapshot) => world.given.push(snapshot));
    return world;
  }

  get atWork(): Made[] {
    return this.made.filter(({ isRunning, making }) => isRunning && !making.isTrial);
  }

  get known(): string[] {
    return this.source.snapshot().peers.map(({ origin }) => origin);
  }
}

test('a root that is added is followed at once: revisions rise, serials stay, the source of before is silent', async () => {
  const world = await World.started({ A: OLD, B: NEW });
  const [first] = world.made;
  expect(world.known).toEqual(['DLA']);
  await world.source.reroot([OLD, NEW]);
  expect(world.known).toEqual(['DLA', 'DLB']);
  expect(world.atWork).toEqual([world.source.current]);
  first?.tell();
  world.source.current.tell();
  expect(world.given.map(({ revision }) => revision)).toEqual([1, 2, 3]);
  expect(world.given.at(-1)?.peers).toHaveLength(2);
  expect([...world.source.snapshot().serials]).toEqual([
    ['DLGone', 5n],
    ['DLA', 1n],
    ['DLB', 1n],
  ]);
});

test('nothing is made anew for the same roots in another order', async () => {
  const world = await World.started({ A: OLD }, [OLD, NEW]);
  await world.source.reroot([NEW, OLD, NEW]);
  expect([world.made.length, world.given.length]).toEqual([1, 1]);
});

test('who is known by a dropped root alone leaves', async () => {
  const world = await World.started({ A: OLD, B: NEW }, [OLD, NEW]);
  await world.source.reroot([NEW]);
  expect(world.known).toEqual(['DLB']);
});

test('a root whose loss is one of too many peers is held until it is back', async () => {
  const world = await World.started({ A: OLD, B: OLD, C: NEW }, [OLD, NEW]);
  const held = {
    code: 'NODE_ROOTS',
    message: expect.stringMatching(/lost 2 of 3 peers at once \(DLA, DLB\)/) as string,
  };
  await expect(world.source.reroot([NEW])).rejects.toMatchObject(held);
  expect([world.known, world.given.length, world.source.held?.lost]).toEqual([
    ['DLA', 'DLB', 'DLC'],
    1,
    ['DLA', 'DLB'],
  ]);
  // It was never put to rest: what it sees is given as before.
  expect(world.atWork).toEqual([world.made[0]]);
  await world.source.reroot([OLD, NEW]);
  expect([world.source.held, world.given.length]).toEqual([undefined, 1]);
});

test('an operator who agrees to it lets them leave, if he has after it was held', async () => {
  const world = await World.started({ A: OLD, B: OLD }, [OLD, NEW]);
  await expect(world.source.reroot([NEW])).rejects.toMatchObject({ code: 'NODE_ROOTS' });
  const digest = world.source.held?.digest ?? '';
  world.decisions = { parameters: [], map: { digest, at: 999 } };
  await expect(world.source.reroot([NEW])).rejects.toMatchObject({ code: 'NODE_ROOTS' });
  world.decisions = { parameters: [], map: { digest, at: 1_000 } };
  await world.source.reroot([NEW]);
  expect([world.known, world.source.held]).toEqual([[], undefined]);
});

test('a map that the changed roots do not vouch for leaves all as it is', async () => {
  const world = await World.started({ A: OLD });
  world.trialFails = new MapCacheError('MAP_CACHE_DAMAGED', 'signed by nobody who is trusted');
  await expect(world.source.reroot([NEW])).rejects.toMatchObject({
    code: 'NODE_ROOTS',
    message: 'the changed roots are not taken: signed by nobody who is trusted',
  });
  expect([world.known, world.atWork]).toEqual([['DLA'], [world.made[0]]]);
});

test('where a service has never given a map, other roots may be why: they are tried', async () => {
  const world = await World.started({ B: NEW });
  world.trialFails = new MapCacheError('MAP_CACHE_MISSING', 'no map yet');
  await world.source.reroot([OLD, NEW]);
  expect(world.known).toEqual(['DLB']);
});

test('a source that does not begin gives way to one by the roots of before', async () => {
  const world = await World.started({ A: OLD, B: NEW });
  world.fails.push(new MapCacheError('MAP_CACHE_DAMAGED', 'just now'));
  await expect(world.source.reroot([OLD, NEW])).rejects.toMatchObject({ code: 'NODE_ROOTS' });
  expect([world.known, world.atWork.map(({ making }) => making.roots)]).toEqual([['DLA'], [[OLD]]]);
  expect(world.given.map(({ revision }) => revision)).toEqual([1, 2]);
});

test('where neither begins what was known stays, and it is tried again, by the roots of before as well', async () => {
  const world = await World.started({ A: OLD, B: NEW });
  world.fails.push(new MapCacheError('MAP_CACHE_DAMAGED', 'one'), new MapCacheError('MAP_CACHE_DAMAGED', 'two'));
  await expect(world.source.reroot([OLD, NEW])).rejects.toMatchObject({ code: 'NODE_ROOTS' });
  expect([world.known, world.atWork]).toEqual([['DLA'], []]);
  await world.source.reroot([OLD]);
  expect([world.known, world.atWork]).toEqual([['DLA'], [world.source.current]]);
});

test('after the end nobody is at work', async () => {
  const world = await World.started({ A: OLD, B: NEW });
  const turning = world.source.reroot([OLD, NEW]);
  await world.source.stop();
  await turning;
  expect(world.atWork).toEqual([]);
});
