import type { BridgeController } from '../broker/bridge/bridge-controller';

/** What carries messages to peers: the broker's own bridges, or relays. */
export interface PeerLinks extends Pick<
  BridgeController,
  'activeBridges' | 'makeWay' | 'admit' | 'takeOver' | 'start' | 'stop' | 'status' | 'brokerReady'
> {
  /** The node's certificates are others; absent where connections take the new ones by themselves. */
  renewed?(): Promise<void>;
}
