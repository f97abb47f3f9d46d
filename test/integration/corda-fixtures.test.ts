import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCertificates } from '../../sidecar/certificates/certificate';
import { loadConfig } from '../../sidecar/config/load-config';
import { createSidecar } from '../../sidecar/control/create-sidecar';
import type { Sidecar } from '../../sidecar/control/sidecar';
import { packageRoot } from '../../sidecar/lib/package-root';
import { silentLogger } from '../../sidecar/lib/log';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { breaks, Collector } from './support/collector';
import { freePorts } from './support/free-ports';
import type { NodeAccess } from './support/node-access';
import { NumberedSender } from './support/numbered-sender';
import { until } from './support/until';

/** Brokers from what the real code of Corda 4.10 has written: NodeInfos, keys, chains and the development root. */
const fixtures = join(packageRoot(), 'test/fixtures/corda');
const MESSAGES = 500;

interface RealNode {
  readonly alias: string;
  readonly name: string;
  /** As its NodeInfo has it: it must be free. */
  readonly p2p: number;
  readonly nodeInfo: string;
}

const ALICE: RealNode = {
  alias: 'alice',
  name: 'O=Alice Corp, L=Madrid, C=ES',
  p2p: 25_040,
  nodeInfo: nodeInfoOf('O=Alice Corp, L=Madrid, C=ES'),
};
const BOB: RealNode = {
  alias: 'bob',
  name: 'O=Bob Plc, L=Rome, C=IT',
  p2p: 25_041,
  nodeInfo: nodeInfoOf('O=Bob Plc, L=Rome, C=IT'),
};

jest.setTimeout(300_000);

const expires = Math.min(...[ALICE, BOB].map(({ alias }) => notAfter(alias)));
const expired = Date.now() >= expires;
const reason = expired ? ` [the certificates expired on ${new Date(expires).toISOString().slice(0, 10)}]` : '';

(expired ? test.skip : test)(
  `two nodes from real NodeInfos and keys exchange messages with true senders${reason}`,
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'netmap-corda-'));
    const open: { close(): Promise<void> }[] = [];
    try {
      const [alice, bob] = await Promise.all([start(ALICE, folder), start(BOB, folder)]);
      open.push(alice, bob);
      const pairs = [
        { from: alice, to: bob, run: 'to bob' },
        { from: bob, to: alice, run: 'to alice' },
      ].map(({ from, to, run }) => ({
        from,
        run,
        sender: new NumberedSender({ access: from.access, to: cordaAddresses.peerQueue(to.sidecar.id), run }),
        collector: new Collector(to.access, to.sidecar.id),
      }));
      for (const { sender, collector } of pairs) {
        open.unshift(sender, collector);
        await Promise.all([sender.start(), collector.start()]);
        sender.sendUpTo(MESSAGES);
      }
      for (const { from, run, collector } of pairs) {
        const collected = collector.of(run);
        await until(`${run}: all have arrived`, () => collected.numbers.length >= MESSAGES, 120_000);
        expect(breaks(collected.numbers)).toEqual([]);
        expect(collected.twice).toBe(0);
        expect([...collected.senders]).toEqual([from.sidecar.id]);
      }
      expect(alice.sidecar.status()).toMatchObject({ node: { name: ALICE.name }, map: { parked: [] } });
      expect(bob.sidecar.status()).toMatchObject({ node: { name: BOB.name }, map: { parked: [] } });
    } finally {
      for (const each of open) await each.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  },
);

async function start(
  real: RealNode,
  folder: string,
): Promise<{ sidecar: Sidecar; access: NodeAccess; close(): Promise<void> }> {
  const [node = 0, rpc = 0, rpcAdmin = 0] = await freePorts(3);
  const own = join(folder, real.alias);
  const certificates = join(fixtures, 'nodes', real.alias, 'certificates');
  const [key, chain] = [`${own}-key.pem`, join(certificates, 'tls-chain.pem')];
  // A checkout does not keep files from the eyes of others, as a key must be.
  await writeFile(key, await readFile(join(certificates, 'tls-key.pem')), { mode: 0o600 });
  const file = join(folder, `${real.alias}.yaml`);
  await writeFile(
    file,
    `profile: corda
node: { nodeInfo: ${join(fixtures, 'additional-node-infos', real.nodeInfo)} }
certificates: { key: { file: ${key} }, chain: ${chain}, roots: ${join(fixtures, 'pki/root.pem')} }
sources:
  - directory: { path: ${join(fixtures, 'additional-node-infos')} }
broker: { mode: embedded, instance: ${own}/broker }
acceptors:
  p2p: { host: 127.0.0.1, port: ${real.p2p} }
  node: { host: 127.0.0.1, port: ${node} }
  rpc: { host: 127.0.0.1, port: ${rpc} }
  rpcAdmin: { host: 127.0.0.1, port: ${rpcAdmin} }
state: ${own}/state
`,
  );
  const config = await loadConfig(file);
  const { sidecar, dispose } = await createSidecar({ config, log: silentLogger, environment: process.env });
  const close = async (): Promise<void> => {
    await sidecar.stop();
    await dispose();
  };
  try {
    await sidecar.start(new AbortController().signal);
  } catch (error) {
    await close();
    throw error;
  }
  const access = {
    address: { host: '127.0.0.1', port: node },
    key: await readFile(key, 'utf8'),
    chain: await readFile(chain, 'utf8'),
  };
  return { sidecar, access, close };
}

/** The name of the file that the real code wrote for the node. */
function nodeInfoOf(name: string): string {
  const { nodes } = JSON.parse(readFileSync(join(fixtures, 'expected.json'), 'utf8')) as {
    nodes: readonly { fileName: string; identities: readonly { name: string }[] }[];
  };
  const found = nodes.find(({ identities }) => identities[0]?.name === name);
  if (found === undefined) throw new Error(`there is no NodeInfo of ${name}`);
  return found.fileName;
}

/** When the first certificate of the node's TLS chain expires, milliseconds since the epoch. */
function notAfter(alias: string): number {
  const chain = readFileSync(join(fixtures, 'nodes', alias, 'certificates/tls-chain.pem'), 'utf8');
  return Math.min(...parseCertificates(chain).map(({ notAfter: end }) => end));
}
