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
  const read = async (): Promise<NodeMaterial> => {
    source.reads += 1;
    if (source.fails !== undefined) throw source.fails;
    return source.next;
  };
  const watch = new CertificateWatch({ files: [file], read, material, clock, log });
  watch.start(async (stores: StoreContents) => {
    if (broker.fails !== undefined) throw broker.fails;
    broker.installed.push(stores.roots);
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
  return { watch, source, broker, seconds, withRoots };
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
