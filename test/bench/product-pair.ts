import type { Connection } from 'rhea-promise';
import { log4j2Properties } from '../../sidecar/broker/broker-log';
import type { BrokerOperations } from '../../sidecar/broker/operations';
import { InstanceFiles } from '../../sidecar/broker/reconcile/instance-files';
import { Reconciler, type WantedBroker } from '../../sidecar/broker/reconcile/reconciler';
import { loadConfig } from '../../sidecar/config/load-config';
import type { Config } from '../../sidecar/config/config';
import { createBroker } from '../../sidecar/control/create-broker';
import { readNodeMaterial, type NodeMaterial } from '../../sidecar/control/node-material';
import { planSettings } from '../../sidecar/control/plan-settings';
import type { DevNode } from '../../sidecar/dev-network/dev-network';
import { readNodeCredentials } from '../../sidecar/dev-network/open-dev-network';
import { systemClock } from '../../sidecar/lib/clock';
import { silentLogger } from '../../sidecar/lib/log';
import { networkView } from '../../sidecar/network/network-view';
import { peerId } from '../../sidecar/network/peer';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import type { BrokerPlan } from '../../sidecar/plan/broker-plan';
import { planBroker } from '../../sidecar/plan/plan-broker';
import { SYSTEM_USERS } from '../../sidecar/plan/roles';
import { BROKER_XML } from '../../sidecar/render/instance';
import type { BenchContext } from './bench-context';
import type { BridgeWay } from './bridge-way';
import { CLAIMED } from './fill-queue';
import { openNodeAmqp } from './held-connections';
import { brokerPid } from './process-figures';

const STAMP = 'enable-ingress-timestamp';

/** All that waits stays in memory, here as with the other ways: paging is not what is measured. */
export const MEMORY = { globalMaxSize: '1G', addressMaxSize: '1G' } as const;

interface ProductNode {
  readonly config: Config;
  readonly material: NodeMaterial;
  readonly operations: BrokerOperations;
  readonly wanted: WantedBroker;
  readonly brokerXml: string;
  readonly pid: number;
  readonly open: () => Promise<Connection>;
}

export interface ProductPairOptions {
  /** Their aliases in the network of the bench. */
  readonly nodes: readonly [string, string];
  /** False: all as the product renders it but for the stamp. */
  readonly stamped: boolean;
}

/** Two brokers as the product renders and declares them; answers the way and the configuration of the first. */
export async function startProductPair(
  context: BenchContext,
  { nodes, stamped }: ProductPairOptions,
): Promise<{ way: BridgeWay; brokerXml: string }> {
  const [a, b] = [context.node(nodes[0]), context.node(nodes[1])];
  const change = stamped ? (plan: BrokerPlan): BrokerPlan => plan : withoutStamp;
  const [from, to] = await Promise.all([startNode(context, a, b, change), startNode(context, b, a, change)]);
  const [fromId, toId] = [peerId(from.material.own), peerId(to.material.own)];
  const [bridge] = from.wanted.active;
  if (bridge === undefined) throw new Error('the plan has no bridge');
  const way: BridgeWay = {
    name: stamped ? 'TLS, stamped' : 'TLS, as rendered, not stamped',
    from: from.operations,
    to: to.operations,
    connection: bridge.name,
    source: cordaAddresses.peerQueue(toId),
    sink: cordaAddresses.inboundQueue(toId),
    sinkAddress: `${cordaAddresses.inboundWildcard(toId)}::${cordaAddresses.inboundQueue(toId)}`,
    expectedTo: stamped ? cordaAddresses.ingress(toId, fromId) : CLAIMED,
    processes: [from.pid, to.pid],
    openFrom: from.open,
    openTo: to.open,
  };
  return { way, brokerXml: from.brokerXml };
}

function withoutStamp(plan: BrokerPlan): BrokerPlan {
  const addressSettings = plan.addressSettings.map(({ match, values }) => ({
    match,
    values: { ...values, ...(STAMP in values ? { [STAMP]: false } : {}) },
  }));
  return { ...plan, addressSettings };
}

async function startNode(
  context: BenchContext,
  node: DevNode,
  other: DevNode,
  change: (plan: BrokerPlan) => BrokerPlan,
): Promise<ProductNode> {
  const config = await loadConfig(node.files.config);
  const material = await readNodeMaterial(config, systemClock);
  const { own: peer } = await readNodeMaterial(await loadConfig(other.files.config), systemClock);
  const settings = await planSettings(config);
  const base = { ...settings.base, memory: { ...settings.base.memory, ...MEMORY } };
  const plan = change(planBroker(networkView(material.own, [peer]), { ...settings, base }));
  const wanted: WantedBroker = { plan, stores: material.stores, active: plan.bridges };
  const { broker } = await createBroker({
    config,
    material,
    clock: systemClock,
    log: silentLogger,
    environment: process.env,
  });
  const files = new InstanceFiles(config.broker.instance);
  const reconciler = new Reconciler({
    operations: broker.operations,
    files,
    fixedFiles: [{ path: 'etc/log4j2.properties', content: log4j2Properties(), effect: 'none', secret: false }],
    validate: async () => [],
  });
  await reconciler.prepare(wanted);
  context.onEnd(() => broker.stop());
  await broker.start(context.signal);
  await reconciler.apply(wanted, 'bench');
  const { tls } = await readNodeCredentials(node);
  const client = { address: config.management, tls, systemUser: SYSTEM_USERS.node };
  return {
    config,
    material,
    operations: broker.operations,
    wanted,
    brokerXml: (await files.read(BROKER_XML)) ?? '',
    pid: await brokerPid(config.broker.instance),
    open: () => openNodeAmqp(client, tls.chain[0]),
  };
}
