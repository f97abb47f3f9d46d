import { NetmapError } from '../lib/errors';

/**
 * - NODE_KEY_MISMATCH: private key and certificate do not belong together
 * - NODE_NAME_MISMATCH: the own NodeInfo names another than the own TLS certificate
 * - NODE_CHAIN: the own certificate does not chain to the network's roots as a TLS certificate
 * - NODE_DESTINATION: what the own stomp.toml tells peers cannot be offered
 * - NODE_ROOTS: the network map cannot be judged by the changed roots
 * - NODE_IN_USE: another sidecar works with the same state folder
 * - NODE_STATE: the state folder holds what cannot be read
 * - NODE_STATE_NEWER: a later version of this program has written the state folder
 * - NODE_EMBEDDED: the broker is run by the sidecar, which applies by itself
 * - NODE_NO_MAP_SERVICE: no network map service is configured
 * - NODE_NOT_HELD: what is to be accepted does not wait for that
 * - SIDECAR_UNREACHABLE: no sidecar has run with the state folder
 */
export type NodeErrorCode =
  | 'NODE_KEY_MISMATCH'
  | 'NODE_NAME_MISMATCH'
  | 'NODE_CHAIN'
  | 'NODE_DESTINATION'
  | 'NODE_ROOTS'
  | 'NODE_IN_USE'
  | 'NODE_STATE'
  | 'NODE_STATE_NEWER'
  | 'NODE_EMBEDDED'
  | 'NODE_NO_MAP_SERVICE'
  | 'NODE_NOT_HELD'
  | 'SIDECAR_UNREACHABLE';

/** The node's own material or folders cannot be used; nothing was started or changed. */
export class NodeError extends NetmapError<NodeErrorCode> {}
