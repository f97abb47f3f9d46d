import type { Acceptor } from '../../plan/broker-plan';
import { STORES } from '../../plan/corda-acceptors';
import type { RenderedFile } from '../../render/rendered-file';
import { applyChanges, type Change } from './change';
import { certificateChange } from './certificate-change';

const NODE = { keyStore: STORES.node, trustStore: STORES.ownCertificate };
const acceptor = (name: Acceptor['name'], tls?: Acceptor['tls']): Acceptor => ({
  ...{ name, host: 'localhost', port: 1, protocols: ['AMQP'], loginDomain: name },
  ...(tls === undefined ? {} : { tls }),
});
const ACCEPTORS = [
  acceptor('p2p', { keyStore: STORES.node, trustStore: STORES.roots }),
  acceptor('node', NODE),
  acceptor('rpc'),
];

/** A broker that notes what it is told, and a disk. */
function setUp(paths: readonly string[]) {
  const disk = new Map([STORES.node, STORES.roots].map((path) => [path as string, 'old']));
  const told: string[] = [];
  const reads = (): string[] => told.filter((line) => line.includes(' reads '));
  const faults = { reload: '', verify: false };
  const stores = paths.map((path): RenderedFile => ({ path, content: 'new', effect: 'acceptors', secret: false }));
  const change: Change = certificateChange({
    files: {
      differing: async () => [],
      digest: async () => undefined,
      prepare: async () => undefined,
      read: async (path) => disk.get(path),
      write: async (path, content) => void disk.set(path, content),
      remove: async (path) => void disk.delete(path),
    },
    operations: {
      reloadAcceptor: async (name) => {
        told.push(`${name} reads ${disk.get(STORES.node) ?? ''}`);
        if (faults.reload === name) {
          faults.reload = '';
          throw new Error('the store cannot be read');
        }
      },
    },
    acceptors: ACCEPTORS,
    stores,
    names: 'stores',
    why: 'a test',
    verify: async () => {
      if (faults.verify) throw new Error('another certificate');
    },
    before: {
      keep: async (before) => void told.push(`kept: ${before.map(({ path, content }) => `${path} ${content}`).join()}`),
      forget: async () => void told.push('forgotten'),
    },
  });
  return { disk, told, reads, faults, run: () => applyChanges([change], () => undefined) };
}

test('acceptors that use a store read it again, the others are left alone', async () => {
  const own = setUp([STORES.node]);
  await own.run();
  expect([own.reads(), own.disk.get(STORES.node)]).toEqual([['p2p reads new', 'node reads new'], 'new']);
  const roots = setUp([STORES.roots]);
  await roots.run();
  expect(roots.reads()).toEqual(['p2p reads old']);
});

test.each(['reload', 'verify'] as const)('when the %s fails the old store is back and was read again', async (what) => {
  const { disk, told, reads, faults, run } = setUp([STORES.node]);
  if (what === 'reload') faults.reload = 'node';
  else faults.verify = true;
  await expect(run()).rejects.toMatchObject({ code: 'APPLY_FAILED' });
  expect(disk.get(STORES.node)).toBe('old');
  expect(reads()).toEqual(['p2p reads new', 'node reads new', 'p2p reads old', 'node reads old']);
  expect([told[0], told.at(-1)]).toEqual([`kept: ${STORES.node} old`, 'forgotten']);
});

test('what was there is kept before the first store is written, and until all of it is live', async () => {
  const { told, run } = setUp([STORES.node, STORES.ownCertificate]);
  await run();
  expect(told).toEqual([`kept: ${STORES.node} old`, 'p2p reads new', 'node reads new', 'forgotten']);
});
