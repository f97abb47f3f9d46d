import type { Party } from './party';

/** Whom a node can send to. */
export interface Recipient extends Party {
  /** Where on the own broker messages for it are put. */
  readonly address: string;
  /** Where more than one queue may lead there: how each is named alone, in order. */
  readonly queues?: readonly string[];
}

/** Who is on the network, as one node sees it now. */
export interface Directory {
  /** The own party first, then further identities and the services that this node offers. */
  readonly own: readonly [Party, ...Party[]];
  /** By X.500 name in any spelling, or by id. Throws AddressBookError with who may be meant. */
  find(text: string): Recipient | Promise<Recipient>;
  /** As `find`, among the own ones. */
  findOwn(text: string): Party;
  /** As Corda writes it; undefined for an id that is not on the map. */
  nameOf(id: string): string | undefined | Promise<string | undefined>;
}
