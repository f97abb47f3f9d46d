import { NetmapError } from '../lib/errors';

export type KeyErrorCode =
  /** The bytes are not a public or private key. */
  | 'KEY_INVALID'
  /** A key, but of a kind or size that this product does not work with. */
  | 'KEY_UNSUPPORTED';

export class KeyError extends NetmapError<KeyErrorCode> {}
