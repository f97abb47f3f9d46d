import type { BrokerConnection, ReceiverEvents, ReceiverLink } from '../transport';

/** What both ends of RPC need of a broker. As with BrokerConnection, a link that is not taken rejects with AccessError. */
export interface RpcConnection extends Pick<BrokerConnection, 'openSender' | 'close'> {
  /** Reads the requests of all users. */
  openRequests(events: ReceiverEvents): Promise<ReceiverLink>;
  /** Makes a queue at the address that lives as long as this link, and reads it. */
  openReplies(address: string, events: ReceiverEvents): Promise<ReceiverLink>;
}
