import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ManagementConnection } from '../../sidecar/broker/management-connection';
import { BrokerOperations } from '../../sidecar/broker/operations';
import type { Certificate } from '../../sidecar/certificates/certificate';
import type { Config } from '../../sidecar/config/config';
import { loadConfig } from '../../sidecar/config/load-config';
import { readNodeMaterial } from '../../sidecar/control/node-material';
import type { DevNode } from '../../sidecar/dev-network/dev-network';
import { readNodeCredentials } from '../../sidecar/dev-network/open-dev-network';
import { systemClock } from '../../sidecar/lib/clock';
import { SMALL_HEAP_ENVIRONMENT } from '../../sidecar/lib/small-heap';
import { SYSTEM_USERS } from '../../sidecar/plan/roles';
import type { StoreContents } from '../../sidecar/render/stores';
import type { BenchContext } from './bench-context';
import type { FromBench, ToBench } from './live-node-child';

/** A node whose sidecar runs in a process of its own, with its broker as a child. */
export interface LiveNode {
  readonly map: string;
  readonly certificate: Certificate;
  /** Resolves when a map of so many peers is live and proven, with the time of that, milliseconds since the epoch. */
  live(peers: number): Promise<number>;
  /** Milliseconds between the two moments during which the sidecar awaited an answer of its broker, and which. */
  busy(from: number, to: number): Promise<{ readonly ms: number; readonly summary: string }>;
  /** Of every client that the broker has now but the one that asks. */
  connectionIds(): Promise<string[]>;
}

type Of<Type extends ToBench['type']> = Extract<ToBench, { type: Type }>;

/** Resolves when the broker is proven. Everything is stopped at the end of the part. */
export async function startLiveNode(context: BenchContext, node: DevNode): Promise<LiveNode> {
  const child = fork(join(__dirname, 'live-node-child.js'), [node.files.config], {
    env: { ...process.env, ...SMALL_HEAP_ENVIRONMENT },
  });
  const exited = once(child, 'exit');
  context.onEnd(async () => {
    if (child.connected) child.disconnect();
    await exited;
  });
  const next = <Type extends ToBench['type']>(
    type: Type,
    fits: (message: Of<Type>) => boolean = () => true,
  ): Promise<Of<Type>> =>
    new Promise((resolve) => {
      child.on('message', function take(message: ToBench) {
        if (message.type !== type || !fits(message as Of<Type>)) return;
        child.off('message', take);
        resolve(message as Of<Type>);
      });
    });
  child.on('message', (message: ToBench) => {
    if (message.type === 'said') context.say(message.text);
  });
  const failed = exited.then(([code]) => Promise.reject(new Error(`the sidecar ended with code ${String(code)}`)));
  await Promise.race([next('running'), failed]);
  failed.catch(() => undefined);
  const config = await loadConfig(node.files.config);
  const { stores } = await readNodeMaterial(config, systemClock);
  const operations = new BrokerOperations(ownManagement(config, stores));
  context.onEnd(() => operations.management.close());
  const { tls } = await readNodeCredentials(node);
  return {
    map: node.files.map,
    certificate: tls.chain[0],
    live: async (peers) => (await next('live', (message) => message.peers === peers)).at,
    async busy(from, to) {
      const answer = next('busy');
      child.send({ from, to } satisfies FromBench);
      return answer;
    },
    connectionIds: async () => (await operations.connections()).map(({ id }) => id),
  };
}

/** A management connection of the bench's own, beside the sidecar's. */
export function ownManagement(config: Config, stores: StoreContents): ManagementConnection {
  return new ManagementConnection({
    address: config.management,
    user: SYSTEM_USERS.node,
    password: SYSTEM_USERS.node,
    tls: { key: stores.nodeKey, certificate: stores.nodeChain, pin: stores.ownCertificate },
  });
}
