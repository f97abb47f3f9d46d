import { NetmapError } from '../lib/errors';

export type X500NameErrorCode =
  /** The text is not a distinguished name. */
  | 'X500_NAME_SYNTAX'
  /** The bytes are not the DER of a distinguished name, or hold a string that is not valid in its own character set. */
  | 'X500_NAME_ENCODING'
  /** A distinguished name, but not one that Corda allows for a node or service. */
  | 'X500_NAME_NOT_CORDA';

/** A name that cannot be read, or is not allowed where it stands. */
export class X500NameError extends NetmapError<X500NameErrorCode> {}
