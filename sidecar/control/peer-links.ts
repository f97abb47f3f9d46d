import type { BridgeController } from '../broker/bridge/bridge-controller';

/** What carries messages to peers: the broker's own bridges, or relays. */
export type PeerLinks = Pick<
  BridgeController,
  'activeBridges' | 'makeWay' | 'admit' | 'takeOver' | 'start' | 'stop' | 'status' | 'brokerReady'
>;
