import type { HostAndPort } from '../../network/identity';
import type { Protocol } from '../../plan/broker-plan';
import type { ClientTls } from '../amqp/verified-socket';

/** One way into a broker: where, in which protocol, and as whom. */
export interface Entrance {
  readonly address: HostAndPort;
  readonly protocol: Protocol;
  /** Absent: plain TCP. */
  readonly tls?: ClientTls;
  /** Absent: without a name. */
  readonly user?: string;
  readonly password?: string;
  /** For each answer of the other side, milliseconds. */
  readonly timeoutMs: number;
}

/** What is tried at an address. `create-queue`: a subscription of one's own, as a listener for answers makes it. */
export type ProbeAction = 'send' | 'consume' | 'create-queue' | 'manage';

export const MANAGEMENT_ADDRESS = 'activemq.management';
/** A management operation that changes nothing. */
export const HARMLESS_OPERATION = { _AMQ_ResourceName: 'broker', _AMQ_OperationName: 'getVersion' } as const;

export function where({ address }: Entrance): string {
  return `${address.host}:${address.port}`;
}
