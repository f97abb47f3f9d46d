import { NetmapError } from '../../lib/errors';

/**
 * Why bytes are no readable blob:
 * - CORDA_BLOB_HEADER: not Corda's serialization, or a version or section that is not known
 * - CORDA_BLOB_ENCODING: a compressed section is damaged
 * - CORDA_BLOB_TOO_LARGE: a limit on size, depth or number of values is passed
 * - CORDA_BLOB_AMQP: not a well-formed AMQP value
 * - CORDA_BLOB_SCHEMA: the envelope or its schema is wrong
 * - CORDA_BLOB_UNKNOWN_TYPE: a type that neither the schema nor this product knows
 * - CORDA_BLOB_OBJECT: a value does not fit its type
 * - CORDA_BLOB_SHAPE: a readable object, but not the one that was asked for
 *
 * Or why none can be written:
 * - CORDA_BLOB_NOT_WRITABLE: a value of an unknown class, or one that its class cannot hold
 */
export type CordaBlobCode =
  | 'CORDA_BLOB_HEADER'
  | 'CORDA_BLOB_ENCODING'
  | 'CORDA_BLOB_TOO_LARGE'
  | 'CORDA_BLOB_AMQP'
  | 'CORDA_BLOB_SCHEMA'
  | 'CORDA_BLOB_UNKNOWN_TYPE'
  | 'CORDA_BLOB_OBJECT'
  | 'CORDA_BLOB_SHAPE'
  | 'CORDA_BLOB_NOT_WRITABLE';

const replace = 'Fetch or generate the file again; it is damaged or of another kind.';
const correct = 'Correct the value that the message names.';

/** Bytes that are not a readable Corda blob, or a value that cannot become one. Retrying does not help. */
export class CordaBlobError extends NetmapError<CordaBlobCode> {
  constructor(code: CordaBlobCode, message: string, cause?: unknown) {
    super(code, message, { remedy: code === 'CORDA_BLOB_NOT_WRITABLE' ? correct : replace, cause });
  }
}
