import { X500Name } from '../certificates/x500-name';
import { X500NameError } from '../certificates/x500-name-error';
import { nearestWord } from '../lib/did-you-mean';
import type { Identity } from '../network/identity';
import { cordaAddresses } from '../plan/address-profile';
import { AddressBookError } from './address-book-error';

/** Whom the map names, and where on the own broker messages for them are put. */
export interface Addressee {
  /** How queues are named after it. */
  readonly id: string;
  readonly name: X500Name;
  readonly kind: 'own' | 'peer' | 'service';
  readonly address: string;
  /** How many queues lead there, where the network's peers say so. */
  readonly queues?: number;
}

/** Of a node what concerns an address book. */
export interface BookEntry {
  /** Its own first. */
  readonly identities: readonly [BookName, ...BookName[]];
  readonly services: readonly BookName[];
  /** In a Swaptacular network: how many queues carry messages to it. */
  readonly swaptacular?: { readonly queues: number } | undefined;
}

export type BookName = Pick<Identity, 'id' | 'name'>;

/** Names known besides the one that is asked for are listed as far as this. */
const FEW = 8;

/** Everybody whom one node can send to, by name and id. */
export class AddressBook {
  private readonly byId = new Map<string, Addressee>();

  constructor(own: BookEntry, peers: readonly BookEntry[]) {
    const ownId = own.identities[0].id;
    for (const identity of [...own.identities, ...own.services])
      this.add(identity, 'own', cordaAddresses.ingress(identity.id, ownId));
    for (const peer of peers) {
      const queues = peer.swaptacular?.queues;
      for (const identity of peer.identities) this.add(identity, 'peer', cordaAddresses.peerQueue(identity.id), queues);
      for (const service of peer.services) this.add(service, 'service', cordaAddresses.serviceQueue(service.id));
    }
  }

  /** By id, or by X.500 name in any spelling. Throws AddressBookError PEER_UNKNOWN, with who may be meant. */
  find(text: string): Addressee {
    return this.among([...this.byId.values()], text);
  }

  /** As `find`, among the node's own identities and services. */
  findOwn(text: string): Addressee {
    return this.among(
      [...this.byId.values()].filter(({ kind }) => kind === 'own'),
      text,
    );
  }

  /** As Corda writes it; undefined for an id that the map does not have. */
  nameOf(id: string): string | undefined {
    return this.byId.get(id)?.name.toCorda();
  }

  /** A node's own identity comes before a peer's of the same id, and a service that several offer is one. */
  private add({ id, name }: BookName, kind: Addressee['kind'], address: string, queues?: number): void {
    const ways = queues === undefined ? {} : { queues };
    if (!this.byId.has(id)) this.byId.set(id, { id, name, kind, address, ...ways });
  }

  private among(known: readonly Addressee[], text: string): Addressee {
    const name = parsed(text);
    const found = known.find((one) => one.id === text || (name !== undefined && one.name.equals(name)));
    if (found !== undefined) return found;
    const message = `the network map of this node names nobody ${JSON.stringify(text)}`;
    throw new AddressBookError('PEER_UNKNOWN', message, { remedy: suggestion(text, known) });
  }
}

function parsed(text: string): X500Name | undefined {
  try {
    return X500Name.parse(text);
  } catch (error) {
    if (error instanceof X500NameError) return undefined;
    throw error;
  }
}

function suggestion(text: string, known: readonly Addressee[]): string {
  const short = known.find(({ name }) => name.valuesOf('O').some((word) => word.toLowerCase() === text.toLowerCase()));
  const all = known.map(({ name }) => name.toCorda());
  const near = short?.name.toCorda() ?? nearestWord(text, all);
  if (near !== undefined) return `did you mean ${JSON.stringify(near)}?`;
  const more = all.length > FEW ? ` and ${all.length - FEW} more, see netmap status --all` : '';
  return `use one of: ${all.slice(0, FEW).join('; ')}${more}`;
}
