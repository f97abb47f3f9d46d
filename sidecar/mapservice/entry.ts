import { peerId, type Peer } from '../network/peer';
import type { SignedNodeInfo } from '../network-map/node-info';
import type { DocumentForm } from '../network-map/signed-document';
import type { IdentityRole } from '../network/identity';

export interface EntryIdentity {
  readonly id: string;
  /** As Corda writes it. */
  readonly name: string;
  /** For comparing names. */
  readonly nameKey: string;
  readonly role: IdentityRole;
}

/** A verified NodeInfo in the form in which its node published it; a node may publish one in each form. */
export interface Entry {
  /** The id of the node's first identity. */
  readonly node: string;
  readonly form: DocumentForm;
  /** SHA-256 of what is signed, upper-case hex. */
  readonly hash: string;
  readonly serial: bigint;
  readonly platformVersion: number;
  /** The first is the node's own. */
  readonly identities: readonly EntryIdentity[];
  /** The whole file, as it was published. */
  readonly bytes: Buffer;
}

export function entryOf(peer: Peer, { hash }: SignedNodeInfo, form: DocumentForm, bytes: Uint8Array): Entry {
  const { serial, platformVersion, identities, services } = peer;
  return {
    node: peerId(peer),
    form,
    hash,
    serial,
    platformVersion,
    identities: [...identities, ...services].map(({ id, name, role }) => {
      return { id, name: name.toCorda(), nameKey: name.key(), role };
    }),
    bytes: Buffer.from(bytes),
  };
}

/** The node's own name. */
export function nameOf({ identities, node }: Entry): string {
  return identities[0]?.name ?? node;
}

/** An entry in JSON. */
export interface StoredEntry extends Omit<Entry, 'serial' | 'bytes'> {
  readonly serial: string;
  /** Base64. */
  readonly bytes: string;
}

export function toStored(entry: Entry): StoredEntry {
  return { ...entry, serial: entry.serial.toString(), bytes: entry.bytes.toString('base64') };
}

export function fromStored(stored: StoredEntry): Entry {
  return { ...stored, serial: BigInt(stored.serial), bytes: Buffer.from(stored.bytes, 'base64') };
}
