import { X500Name } from '../../certificates/x500-name';
import { readMap, type MapInput } from '../read-map';
import type { NodeStatus } from '../status';
import { AddressBook, type Addressee } from '../../messaging/address-book';
import { AddressBookError } from '../../messaging/address-book-error';

/** To verify thousands of NodeInfos takes seconds: unknown senders do not have it done more often. */
const READ_AGAIN_MS = 10_000;

/**
 * Whom the node can send to and who may have sent, as the map has it now. Asks the status of the sidecar where one runs,
 * and reads the map itself for what is not in it. Throws NodeError where the state cannot be read.
 */
export class NodeDirectory {
  private book: AddressBook | undefined;
  private readAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly input: MapInput) {}

  /** By id, or by X.500 name in any spelling. Throws AddressBookError PEER_UNKNOWN, with who may be meant. */
  async find(text: string): Promise<Addressee> {
    try {
      return (await this.current()).find(text);
    } catch (error) {
      if (!(error instanceof AddressBookError)) throw error;
      return (await this.fromMap()).find(text);
    }
  }

  /** As `find`, among the node's own identities and services. */
  findOwn(text: string): Addressee {
    return new AddressBook(this.input.material.own, []).findOwn(text);
  }

  /** As Corda writes it; undefined for an id that is not on the map. */
  async nameOf(id: string): Promise<string | undefined> {
    const known = (await this.current()).nameOf(id) ?? (await this.fromStatus())?.nameOf(id);
    if (known !== undefined || this.input.clock.now() - this.readAt < READ_AGAIN_MS) return known;
    return (await this.fromMap()).nameOf(id);
  }

  private async current(): Promise<AddressBook> {
    return this.book ?? (await this.fromStatus()) ?? (await this.fromMap());
  }

  private async fromStatus(): Promise<AddressBook | undefined> {
    const found = await this.input.state.readStatus();
    if (found?.alive !== true) return undefined;
    return (this.book = bookOf(this.input.material.own, found.status));
  }

  private async fromMap(): Promise<AddressBook> {
    const { peers } = await readMap(this.input);
    this.readAt = this.input.clock.now();
    return (this.book = new AddressBook(
      this.input.material.own,
      peers.map(({ peer }) => peer),
    ));
  }
}

function bookOf(own: MapInput['material']['own'], { peers }: NodeStatus): AddressBook {
  return new AddressBook(
    own,
    peers.map(({ id, name, queues }) => ({
      identities: [{ id, name: X500Name.parse(name) }],
      services: [],
      ...(queues === undefined ? {} : { swaptacular: { queues } }),
    })),
  );
}
