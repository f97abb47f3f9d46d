import { AddressBookError } from '../../messaging/address-book-error';

/** Who may have dead letters at this node. */
export interface Known {
  /** Of the map. Throws AddressBookError. */
  readonly find: (text: string) => Promise<{ readonly id: string }>;
  /** Ids of those that have left the map lately. */
  readonly departed: readonly string[];
  /** Names of RPC users. */
  readonly users: () => Promise<readonly string[]>;
  /** How many dead letters there are of an id or of a name as it is written. */
  readonly count: (id: string) => Promise<number>;
}

/**
 * Id of a peer or service, by its id or X.500 name; who has left the map and RPC users are taken as they are written, where
 * they are known or have dead letters. Throws AddressBookError PEER_UNKNOWN.
 */
export async function whose(text: string, { find, departed, users, count }: Known): Promise<string> {
  try {
    return (await find(text)).id;
  } catch (error) {
    if (!(error instanceof AddressBookError) || text.includes('=')) throw error;
    if (departed.includes(text) || (await count(text)) > 0 || (await users()).includes(text)) return text;
    throw error;
  }
}
