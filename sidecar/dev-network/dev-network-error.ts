import { NetmapError } from '../lib/errors';

export type DevNetworkErrorCode =
  /** The folder for a new network holds something already. */
  | 'DEV_NETWORK_NOT_EMPTY'
  /** What would be replaced is not a development network. */
  | 'DEV_NETWORK_FOREIGN'
  /** There is no development network in the folder. */
  | 'DEV_NETWORK_MISSING'
  /** A file of the network is missing or cannot be used. */
  | 'DEV_NETWORK_DAMAGED'
  /** The folder cannot be written to. */
  | 'DEV_NETWORK_UNWRITABLE'
  /** A name cannot be a node's or service's, or is taken. */
  | 'DEV_NETWORK_NAME'
  /** An alias cannot be a folder's name, or is taken. */
  | 'DEV_NETWORK_ALIAS'
  /** Ports are out of range or taken by another node of the network. */
  | 'DEV_NETWORK_PORTS';

/** A development network cannot be made, read or extended. */
export class DevNetworkError extends NetmapError<DevNetworkErrorCode> {}
