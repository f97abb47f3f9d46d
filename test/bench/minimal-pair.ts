import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openAmqp } from '../../sidecar/broker/amqp/open-amqp';
import { log4j2Properties } from '../../sidecar/broker/broker-log';
import { findJava } from '../../sidecar/broker/java';
import { ManagementConnection } from '../../sidecar/broker/management-connection';
import { obtainArtemis } from '../../sidecar/broker/obtain';
import type { BrokerOperations } from '../../sidecar/broker/operations';
import { BrokerProcess } from '../../sidecar/broker/process';
import type { NodeFiles } from '../../sidecar/dev-network/layout';
import type { HostAndPort } from '../../sidecar/network/identity';
import { freePorts } from '../integration/support/free-ports';
import type { BenchContext } from './bench-context';
import type { BridgeWay } from './bridge-way';
import { CLAIMED } from './fill-queue';
import { brokerPid } from './process-figures';
import { minimalFiles, PASSWORD, QUEUES, USER } from './minimal-files';

const HEAP = { max: 2_048 };
const OPEN_MS = 30_000;

/**
 * Two stock brokers with as little configuration as carries messages from one to the other, over plain TCP and over
 * TLS. `journal`: the elements of broker.xml that say how messages are kept.
 */
export async function startMinimalPair(context: BenchContext, journal: string): Promise<BridgeWay[]> {
  const [fromPort = 0, toPort = 0, tlsPort = 0] = await freePorts(3);
  const host = '127.0.0.1';
  const [from, to] = await Promise.all([
    startBroker(context, {
      name: 'minimal-from',
      node: context.node('stamped-from').files,
      plain: { host, port: fromPort },
      peers: { plain: { host, port: toPort }, tls: { host, port: tlsPort } },
      journal,
    }),
    startBroker(context, {
      name: 'minimal-to',
      node: context.node('stamped-to').files,
      plain: { host, port: toPort },
      tls: { host, port: tlsPort },
      journal,
    }),
  ]);
  const way = (name: string, queue: string): BridgeWay => ({
    name,
    from: from.operations,
    to: to.operations,
    connection: queue,
    source: queue,
    sink: queue,
    sinkAddress: queue,
    expectedTo: CLAIMED,
    processes: [from.pid, to.pid],
    openFrom: from.open,
    openTo: to.open,
  });
  return [way('plain TCP, minimal', QUEUES.plain), way('TLS, minimal', QUEUES.tls)];
}

export interface MinimalBroker {
  readonly name: string;
  /** Whose key and certificates it shows. */
  readonly node: NodeFiles;
  readonly plain: HostAndPort;
  readonly tls?: HostAndPort;
  /** Where its connections go. */
  readonly peers?: { readonly plain: HostAndPort; readonly tls: HostAndPort };
  readonly journal: string;
}

async function startBroker(
  context: BenchContext,
  broker: MinimalBroker,
): Promise<{ operations: BrokerOperations; pid: number; open: () => ReturnType<typeof openAmqp> }> {
  const instance = join(context.folder, broker.name);
  const etc = join(instance, 'etc');
  await mkdir(etc, { recursive: true });
  const [key, chain, roots] = await Promise.all(
    [broker.node.tlsKey, broker.node.tlsChain, broker.node.roots].map((file) => readFile(file, 'utf8')),
  );
  const files: Record<string, string> = {
    ...minimalFiles(instance, broker),
    'key-and-chain.pem': `${key ?? ''}${chain ?? ''}`,
    'roots.pem': roots ?? '',
    'log4j2.properties': log4j2Properties(),
  };
  await Promise.all(
    Object.entries(files).map(([name, content]) => writeFile(join(etc, name), content, { mode: 0o600 })),
  );
  const credentials = { user: USER, password: PASSWORD };
  const process = new BrokerProcess({
    launch: {
      home: await obtainArtemis({ env: globalThis.process.env }),
      java: await findJava({ env: globalThis.process.env }),
      instance,
      heap: HEAP,
    },
    management: new ManagementConnection({ address: broker.plain, ...credentials }),
    listens: [broker.plain, ...(broker.tls === undefined ? [] : [broker.tls])],
    onLog: ({ level, message }) => {
      if (level === 'ERROR' || level === 'FATAL') context.say(`${broker.name}: ${message}`);
    },
  });
  context.onEnd(() => process.stop());
  await process.start(context.signal);
  return {
    operations: process.operations,
    pid: await brokerPid(instance),
    open: () => openAmqp({ address: broker.plain, ...credentials, timeoutMs: OPEN_MS }),
  };
}
