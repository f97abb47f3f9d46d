import type { Directory, Recipient } from '../../messaging/directory';
import type { Party } from '../../messaging/party';
import type { Identity } from '../../network/identity';
import { cordaAddresses } from '../../plan/address-profile';
import type { MapInput } from '../read-map';
import { NodeDirectory } from './node-directory';

/** Who has left the map is known for at most so much longer. */
const LOOK_AGAIN_MS = 10_000;

/** The map as an application sees it: known names at once, read anew when the sidecar has another map. */
export class MessagingDirectory implements Directory {
  readonly own: readonly [Party, ...Party[]];
  private directory: NodeDirectory;
  private recipients = new Map<string, Recipient>();
  private names = new Map<string, string>();
  private revision: number | undefined;
  private limit: number;
  private lookedAt = Number.NEGATIVE_INFINITY;

  private constructor(private readonly input: MapInput) {
    const { identities, services } = input.material.own;
    const [first, ...more] = identities;
    this.own = [partyOf(first), ...[...more, ...services].map(partyOf)];
    this.directory = new NodeDirectory(input);
    this.limit = input.config.limits.maxMessageSize;
  }

  static async open(input: MapInput): Promise<MessagingDirectory> {
    const directory = new MessagingDirectory(input);
    await directory.look();
    return directory;
  }

  /** Bytes: the network's or the own limit, whichever is smaller. */
  get maxMessageSize(): number {
    return this.limit;
  }

  find(text: string): Recipient | Promise<Recipient> {
    this.lookAgain();
    return this.recipients.get(text) ?? this.seek(text);
  }

  findOwn(text: string): Party {
    return partyOf(this.directory.findOwn(text));
  }

  nameOf(id: string): string | undefined | Promise<string | undefined> {
    this.lookAgain();
    return this.names.get(id) ?? this.seekName(id);
  }

  private async seek(text: string): Promise<Recipient> {
    const { recipients } = this;
    const found = await this.directory.find(text);
    const { id, address, queues } = found;
    const alone = Array.from({ length: queues ?? 0 }, (_, index) => cordaAddresses.peerQueueAlone(id, index + 1));
    const recipient = { ...partyOf(found), address, ...(queues === undefined ? {} : { queues: alone }) };
    recipients.set(text, recipient);
    return recipient;
  }

  private async seekName(id: string): Promise<string | undefined> {
    const { names } = this;
    const name = await this.directory.nameOf(id);
    if (name !== undefined) names.set(id, name);
    return name;
  }

  private lookAgain(): void {
    if (this.input.clock.now() - this.lookedAt < LOOK_AGAIN_MS) return;
    // What is known stays good while the state cannot be read.
    this.look().catch(() => undefined);
  }

  private async look(): Promise<void> {
    this.lookedAt = this.input.clock.now();
    const found = await this.input.state.readStatus();
    if (found?.alive !== true) return;
    const { map, networkMap } = found.status;
    this.limit = Math.min(
      this.input.config.limits.maxMessageSize,
      networkMap?.parameters?.maxMessageSize ?? Number.POSITIVE_INFINITY,
    );
    if (this.revision === map.revision) return;
    this.revision = map.revision;
    this.directory = new NodeDirectory(this.input);
    this.recipients = new Map();
    this.names = new Map();
  }
}

function partyOf({ id, name }: Pick<Identity, 'id' | 'name'>): Party {
  return { id, name: name.toCorda() };
}
