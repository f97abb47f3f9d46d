import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MATERIAL, peer } from '../../../test/faults/model/network';
import { issueAuthority } from '../../dev-network/issue-corda';
import { ManualClock } from '../../lib/clock';
import type { Logger } from '../../lib/log';
import type { StoreContents } from '../../render/stores';
import { NodeError } from '../node-error';
import type { NodeMaterial } from '../node-material';
import { CertificateWatch } from './certificate-watch';
import { liveMaterial } from './live-material';

const log: Logger = {
  ...{ trace: () => undefined, debug: () => undefined, child: () => log },
  ...{ info: () => undefined, warn: () => undefined, error: () => undefined },
};

const { root } = issueAuthority({
  validity: { notBefore: 0, notAfter: 4_000_000_000_000 },
  random: (bytes) => new Uint8Array(bytes).fill(7),
});
const KNOWN: NodeMaterial = { ...MATERIAL, stores: { ...MATERIAL.stores, ownCertificate: root.chain[0].pem() } };

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-watch-'));
  file = join(folder, 'chain.pem');
  await writeFile(file, 'first');
});
afterEach(() => rm(folder, { recursive: true }));

/** A watch of one file, and a broker that takes what is installed unless it is told not to. */
function setUp() {
  const clock = new ManualClock(1_000_000);
  const material = liveMaterial(KNOWN);
  const source = { next: material as NodeMaterial, fails: undefined as Error | undefined, reads: 0 };
  const broker = { installed: [] as string[], fails: undefined as Error | undefined };
  const map = { fails: undefined as Error | undefined };
  const steps: string[] = [];
  const read = async (): Promise<NodeMaterial> => {
    source.reads += 1;
    if (source.fails !== undefined) throw source.fails;
    return source.next;
  };
  const watch = new CertificateWatch({
    ...{ files: [file], read, material, clock, log },
    reroot: async ({ roots }) => {
      if (map.fails !== undefined) throw map.fails;
      if (roots !== material.roots) steps.push('map');
      material.trust(roots);
    },
    taken: async () => void steps.push('taken'),
  });
  watch.start(async (stores: StoreContents) => {
    if (broker.fails !== undefined) throw broker.fails;
    broker.installed.push(stores.roots);
    steps.push('stores');
    material.want(stores);
    material.settle();
  });
  const seconds = async (count: number): Promise<void> => {
    for (let second = 0; second < count; second += 1) {
      await clock.advance(1_000);
      await watch.idle();
    }
  };
  const withRoots = (roots: string): NodeMaterial => ({ ...KNOWN, stores: { ...KNOWN.stores, roots } });
  return { watch, source, broker, map, steps, seconds, withRoots };
}

test('what has changed is installed when it has settled, and once', async () => {
  const { watch, source, broker, seconds, withRoots } = setUp();
  await seconds(5);
  expect([source.reads, broker.installed]).toEqual([1, []]);
  source.next = withRoots('second');
  await writeFile(file, 'second');
  await seconds(1);
  // It may be half-written yet.
  expect(source.reads).toBe(1);
  await seconds(5);
  expect([source.reads, broker.installed, watch.held]).toEqual([2, ['second'], undefined]);
  await watch.stop();
});

test('what is bad is held with its reason until it is good, and is read again each minute', async () => {
  const { watch, source, broker, seconds } = setUp();
  await seconds(3);
  source.fails = new NodeError('NODE_CHAIN', 'not valid before tomorrow');
  await writeFile(file, 'of tomorrow');
  await seconds(4);
  expect([watch.held?.code, source.reads]).toEqual(['NODE_CHAIN', 2]);
  source.fails = undefined;
  await seconds(62);
  expect([watch.held, source.reads, broker.installed]).toEqual([undefined, 3, []]);
  await watch.stop();
});

test('what the broker does not take is held; another node is never taken', async () => {
  const { watch, source, broker, seconds, withRoots } = setUp();
  await seconds(3);
  broker.fails = new Error('another certificate is shown');
  source.next = withRoots('second');
  await writeFile(file, 'second');
  await seconds(4);
  expect(watch.held?.message).toBe('another certificate is shown');
  broker.fails = undefined;
  source.next = { ...withRoots('third'), own: peer('Stranger') };
  await writeFile(file, 'third');
  await seconds(4);
  expect([watch.held?.code, broker.installed]).toEqual(['NODE_NAME_MISMATCH', []]);
  await watch.stop();
});

test('a new root is trusted by acceptors first, a dropped one leaves the map first', async () => {
  const { watch, source, steps, seconds, withRoots } = setUp();
  await seconds(3);
  expect(steps.splice(0)).toEqual(['taken']);
  source.next = { ...withRoots('two'), roots: root.chain };
  await writeFile(file, 'two roots');
  await seconds(4);
  expect(steps.splice(0)).toEqual(['stores', 'map', 'taken']);
  source.next = { ...withRoots('one'), roots: [] };
  await writeFile(file, 'one');
  await seconds(4);
  expect([steps, watch.held]).toEqual([['map', 'stores', 'taken'], undefined]);
  await watch.stop();
});

test('a root that the map cannot do without stays trusted by the acceptors; one that it could not take is tried again', async () => {
  const { watch, source, broker, map, steps, seconds, withRoots } = setUp();
  await seconds(3);
  map.fails = new NodeError('NODE_ROOTS', 'not yet');
  source.next = { ...withRoots('two'), roots: root.chain };
  await writeFile(file, 'two roots');
  await seconds(4);
  expect([broker.installed, watch.held?.code, steps.splice(0)]).toEqual([['two'], 'NODE_ROOTS', ['taken', 'stores']]);
  map.fails = undefined;
  await seconds(61);
  expect([watch.held, steps.splice(0)]).toEqual([undefined, ['map', 'taken']]);
  map.fails = new NodeError('NODE_ROOTS', 'they would leave');
  source.next = { ...withRoots('one'), roots: [] };
  await writeFile(file, 'one');
  await seconds(4);
  expect([broker.installed, watch.held?.message, steps]).toEqual([['two'], 'they would leave', []]);
  await watch.stop();
});

test('other identities of the same node want a start anew', async () => {
  const { watch, source, broker, seconds, withRoots } = setUp();
  await seconds(3);
  const [identity] = peer('Notary').identities;
  const next = withRoots('second');
  source.next = { ...next, own: { ...next.own, services: [identity] } };
  await writeFile(file, 'with a service');
  await seconds(4);
  expect([watch.held?.message, broker.installed]).toEqual([expect.stringContaining('other identities'), []]);
  await watch.stop();
});
