import { AttachedBroker } from '../broker/attached';
import type { Broker } from '../broker/broker';
import type { BrokerLogRecord } from '../broker/broker-log';
import { findJava } from '../broker/java';
import { ManagementConnection } from '../broker/management-connection';
import { obtainArtemis } from '../broker/obtain';
import type { DownloadProgress } from '../broker/download';
import { BrokerProcess } from '../broker/process';
import type { Config } from '../config/config';
import { ConfigError } from '../config/config-error';
import type { Clock } from '../lib/clock';
import type { Logger } from '../lib/log';
import { SYSTEM_USERS } from '../plan/roles';
import { BROKER_PROPERTIES } from '../render/instance';
import { reachable } from './broker-access';
import type { NodeMaterial } from './node-material';

export interface BrokerInput {
  readonly config: Config;
  readonly material: NodeMaterial;
  readonly clock: Clock;
  readonly log: Logger;
  readonly environment: NodeJS.ProcessEnv;
  readonly onProgress?: (progress: DownloadProgress) => void;
}

export interface CreatedBroker {
  readonly broker: Broker;
  /** Folder of the distribution, for its schema; absent where the broker runs elsewhere and none is configured. */
  readonly home?: string;
}

/** The broker that the configuration names, not started yet. Throws BrokerError, JavaError or ConfigError. */
export async function createBroker(input: BrokerInput): Promise<CreatedBroker> {
  const { config, clock, environment } = input;
  const management = createManagement(input);
  if (config.broker.mode === 'attached') {
    const { home } = config.broker;
    return { broker: new AttachedBroker({ management, clock }), ...(home === undefined ? {} : { home }) };
  }
  const java = await findJava({
    env: environment,
    ...(config.broker.java === undefined ? {} : { setting: config.broker.java }),
  });
  const home = await obtainArtemis({
    env: environment,
    clock,
    ...(config.broker.home === undefined ? {} : { home: config.broker.home }),
    ...(input.onProgress === undefined ? {} : { onProgress: input.onProgress }),
  });
  const { acceptors, broker } = config;
  const process = new BrokerProcess({
    launch: {
      home,
      java,
      instance: broker.instance,
      properties: `${broker.instance}/${BROKER_PROPERTIES}`,
      ...(broker.data === undefined ? {} : { data: broker.data }),
      heap: heap(broker.memory),
    },
    management,
    listens: [acceptors.p2p, acceptors.node, acceptors.rpc, acceptors.rpcAdmin].map(({ host, port }) => ({
      host,
      port,
    })),
    standby: broker.highAvailability === 'sharedStore',
    onLog: brokerLog(input.log.child({ component: 'broker' })),
    clock,
  });
  return { broker: process, home: home.path };
}

/** Milliseconds. */
const STANDBY_BACKOFF = { min: 100, max: 500 };

/** The management of the node's own broker, which is known by its certificate. */
export function createManagement({
  config,
  material,
  clock,
}: Pick<BrokerInput, 'config' | 'material' | 'clock'>): ManagementConnection {
  return new ManagementConnection({
    address: reachable(config.management),
    user: SYSTEM_USERS.node,
    password: SYSTEM_USERS.node,
    tls: () => {
      const { nodeKey: key, nodeChain: certificate, ownCertificate: pin } = material.stores;
      return { key, certificate, pin };
    },
    // Of two brokers with one store the one that waits is tried often: each moment until it is found is one without a node.
    ...(config.broker.highAvailability === 'sharedStore' ? { backoff: STANDBY_BACKOFF } : {}),
    clock,
  });
}

const UNITS: Readonly<Record<string, number>> = { K: 1 / 1024, M: 1, G: 1024 };

/** Java's spelling of a size as MiB. */
function heap(memory: string): { max: number } {
  const [, digits, unit] = /^(\d+)([KMG])$/i.exec(memory) ?? [];
  if (digits === undefined || unit === undefined) {
    throw ConfigError.because('CONFIG_INVALID', `broker.memory is ${JSON.stringify(memory)}`, 'write it as 512M or 2G');
  }
  return { max: Math.max(128, Math.round(Number(digits) * (UNITS[unit.toUpperCase()] ?? 1))) };
}

/** What the broker says on INFO is of use to its developers, not on every start to an operator. */
const LEVELS = { FATAL: 'error', ERROR: 'error', WARN: 'warn', INFO: 'debug', DEBUG: 'trace', TRACE: 'trace' } as const;

/** Warnings about what is so on purpose: dead letters and temporary queues have no dead letters of their own. */
const EXPECTED: readonly string[] = ['AMQ222165', 'AMQ222166'];

function brokerLog(log: Logger): (record: BrokerLogRecord) => void {
  return ({ level, logger, code, message, trace }) =>
    log[EXPECTED.includes(code ?? '') ? 'debug' : LEVELS[level]](message, {
      logger,
      ...(code === undefined ? {} : { code }),
      ...(trace === undefined ? {} : { trace }),
    });
}
