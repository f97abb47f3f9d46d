import type { Connection } from 'rhea-promise';
import type { BrokerOperations } from '../../sidecar/broker/operations';

/** One way of carrying messages from a queue of one broker to a queue of another. */
export interface BridgeWay {
  readonly name: string;
  readonly from: BrokerOperations;
  readonly to: BrokerOperations;
  /** The connection that carries them. */
  readonly connection: string;
  /** Queue and address of what waits. */
  readonly source: string;
  readonly sink: string;
  /** The sink's name for a reader. */
  readonly sinkAddress: string;
  /** The property `to` of what has arrived. */
  readonly expectedTo: string;
  /** Process numbers of the two brokers. */
  readonly processes: readonly number[];
  readonly openFrom: () => Promise<Connection>;
  readonly openTo: () => Promise<Connection>;
}
