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
 */
export type CordaBlobCode =
  | 'CORDA_BLOB_HEADER'
  | 'CORDA_BLOB_ENCODING'
  | 'CORDA_BLOB_TOO_LARGE'
  | 'CORDA_BLOB_AMQP'
  | 'CORDA_BLOB_SCHEMA'
  | 'CORDA_BLOB_UNKNOWN_TYPE'
  | 'CORDA_BLOB_OBJECT'
  | 'CORDA_BLOB_SHAPE';

/** Bytes that are not a readable Corda blob. Retrying does not help: the bytes have to be replaced. */
export class CordaBlobError extends NetmapError<CordaBlobCode> {
  constructor(code: CordaBlobCode, message: string, cause?: unknown) {
    super(code, message, { remedy: 'Fetch or generate the file again; it is damaged or of another kind.', cause });
  }
}
