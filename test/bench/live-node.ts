import { ManagementConnection } from '../../sidecar/broker/management-connection';
import { BrokerOperations } from '../../sidecar/broker/operations';
import type { Certificate } from '../../sidecar/certificates/certificate';
import type { Config } from '../../sidecar/config/config';
import { loadConfig } from '../../sidecar/config/load-config';
import { createSidecar } from '../../sidecar/control/create-sidecar';
import { readNodeMaterial } from '../../sidecar/control/node-material';
import type { DevNode } from '../../sidecar/dev-network/dev-network';
import { readNodeCredentials } from '../../sidecar/dev-network/open-dev-network';
import { systemClock } from '../../sidecar/lib/clock';
import { keepHeapSmall } from '../../sidecar/lib/small-heap';
import { SYSTEM_USERS } from '../../sidecar/plan/roles';
import type { StoreContents } from '../../sidecar/render/stores';
import type { BenchContext } from './bench-context';
import { LiveLog } from './live-log';
import { ManagementTimes } from './management-times';

/** A node whose sidecar runs in this process, with its broker as a child. */
export interface LiveNode {
  readonly map: string;
  readonly log: LiveLog;
  readonly times: ManagementTimes;
  readonly certificate: Certificate;
  /** Of every client that the broker has now but the one that asks. */
  connectionIds(): Promise<string[]>;
}

/** Resolves when the broker is proven. Everything is stopped at the end of the part. */
export async function startLiveNode(context: BenchContext, node: DevNode): Promise<LiveNode> {
  keepHeapSmall();
  const config = await loadConfig(node.files.config);
  const { stores } = await readNodeMaterial(config, systemClock);
  const times = ManagementTimes.watch();
  context.onEnd(async () => times.end());
  const log = new LiveLog(context.say);
  const created = await createSidecar({ config, log: log.log, environment: process.env });
  context.onEnd(async () => {
    await created.sidecar.stop();
    await created.dispose();
  });
  await created.sidecar.start(context.signal);
  const operations = new BrokerOperations(ownManagement(config, stores));
  context.onEnd(() => operations.management.close());
  const { tls } = await readNodeCredentials(node);
  return {
    map: node.files.map,
    log,
    times,
    certificate: tls.chain[0],
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
