import { NetmapError } from '../lib/errors';

export type KeyStoreErrorCode =
  /** Neither a JKS nor a PKCS#12 store, or one that is damaged. */
  | 'KEY_STORE_INVALID'
  /** The password is wrong, or the file was changed. */
  | 'KEY_STORE_PASSWORD'
  /** A store or an entry of a kind that cannot be read. */
  | 'KEY_STORE_UNSUPPORTED';

export class KeyStoreError extends NetmapError<KeyStoreErrorCode> {}
