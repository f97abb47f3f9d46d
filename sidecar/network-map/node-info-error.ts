import { NetmapError } from '../lib/errors';

/**
 * Why a NodeInfo is refused:
 * - NODE_INFO_FORMAT: not a NodeInfo in a form that is known
 * - NODE_INFO_SIGNATURE_MISSING, NODE_INFO_SIGNATURE_SURPLUS: not one signature for each identity with a plain key
 * - NODE_INFO_SIGNATURE_INVALID: a signature was not made by its identity's key over these bytes
 * - NODE_INFO_CERTIFICATE: a certificate cannot be read
 * - NODE_INFO_CHAIN: certificates do not lead to a root of the network (the cause says why)
 * - NODE_INFO_ROLE: a certificate has the wrong role for its place
 * - NODE_INFO_NAME: a name breaks the network's rules, or differs from its certificate's
 * - NODE_INFO_IDENTITY: no identity, too many, or one twice
 * - NODE_INFO_ADDRESS, NODE_INFO_SERIAL, NODE_INFO_PLATFORM_VERSION: a value that no node can have
 */
export type NodeInfoErrorCode =
  | 'NODE_INFO_FORMAT'
  | 'NODE_INFO_SIGNATURE_MISSING'
  | 'NODE_INFO_SIGNATURE_SURPLUS'
  | 'NODE_INFO_SIGNATURE_INVALID'
  | 'NODE_INFO_CERTIFICATE'
  | 'NODE_INFO_CHAIN'
  | 'NODE_INFO_ROLE'
  | 'NODE_INFO_NAME'
  | 'NODE_INFO_IDENTITY'
  | 'NODE_INFO_ADDRESS'
  | 'NODE_INFO_SERIAL'
  | 'NODE_INFO_PLATFORM_VERSION';

/** A NodeInfo that is refused; its node has to publish another. */
export class NodeInfoError extends NetmapError<NodeInfoErrorCode> {
  constructor(code: NodeInfoErrorCode, message: string, cause?: unknown) {
    super(code, message, { remedy: 'Ask the node for a NodeInfo that is right, and replace this one.', cause });
  }
}
