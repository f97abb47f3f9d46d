import { AccessError } from '../../broker/amqp/access-error';
import type { Clock } from '../../lib/clock';
import { cordaAddresses } from '../../plan/address-profile';
import { DEAD, DEAD_LETTER_ADDRESS } from '../dead-letter';
import { HEADER } from '../headers';
import type {
  BrokerConnection,
  ReceiverEvents,
  ReceiverLink,
  Selection,
  SenderEvents,
  SenderLink,
  Settlement,
} from '../transport';
import type { MemoryBroker } from './memory-broker';
import type { Consumer, MemoryQueue } from './memory-queue';
import { Pipe } from './pipe';
import { delivered, type StoredMessage } from './stored-message';

/** Messages that a sender may have under way, as the broker's base settings have it. */
const CREDIT = 1000;

/** An application's connection to a broker made of memory. */
export class MemoryConnection implements BrokerConnection {
  private readonly toBroker: Pipe;
  private readonly toClient: Pipe;
  private readonly ends: (() => void)[] = [];
  private isOver = false;
  private isMuted = false;

  constructor(
    private readonly broker: MemoryBroker,
    clock: Clock,
    delayMs: number,
    private readonly onLost: (reason: Error) => void,
  ) {
    this.toBroker = new Pipe(clock, delayMs);
    this.toClient = new Pipe(clock, delayMs);
  }

  /** Ends it as a broken wire does: what is under way in either direction is lost. */
  cut(): void {
    if (this.isOver) return;
    this.end();
    this.onLost(new AccessError('ACCESS_UNREACHABLE', 'the connection was cut', { decision: 'retry' }));
  }

  /** From now on nothing that the broker says comes through. */
  mute(): void {
    this.isMuted = true;
  }

  async openSender(address: string, events: SenderEvents): Promise<SenderLink> {
    await this.asked(() => this.broker.checkAddress(address));
    let underWay = 0;
    let bytes = 0;
    let isOpen = true;
    const stopListening = this.broker.onRoom(() => this.tell(() => isOpen && events.onSendable()));
    this.ends.push(stopListening);
    return {
      sendable: () => underWay < CREDIT && this.broker.hasRoom(address, bytes),
      send: (message, done) => {
        underWay += 1;
        bytes += message.body.length;
        this.toBroker.put(() => {
          bytes -= message.body.length;
          const isNew = this.broker.store(address, message, () => {
            if (address !== DEAD_LETTER_ADDRESS) this.broker.note('stored', message);
            else this.broker.note('dead', message, String(message.properties[DEAD.reason]));
          });
          if (!isNew) this.broker.note('repeated', message);
          this.tell(() => {
            underWay -= 1;
            done('stored');
          });
        });
      },
      close: () => {
        isOpen = false;
        stopListening();
      },
    };
  }

  async openReceiver(queueOf: string, selection: Selection, events: ReceiverEvents): Promise<ReceiverLink> {
    const queue = await this.asked(() => this.broker.queueOf(cordaAddresses.inboundQueue(queueOf)));
    const unsettled = new Set<StoredMessage>();
    const consumer: Consumer = {
      credit: 0,
      matches: (message) => isSelected(message, queueOf, selection),
      take: (message) => {
        unsettled.add(message);
        this.tell(() => {
          this.broker.note('delivered', message.wire, message.failures === 0 ? undefined : `again`);
          events.onMessage(delivered(message), (how) => {
            this.toBroker.put(() => {
              if (unsettled.delete(message)) this.settle(queue, message, how);
            });
          });
        });
      },
    };
    queue.attach(consumer);
    let isOpen = true;
    const end = (): void => {
      if (!isOpen) return;
      isOpen = false;
      queue.detach(consumer);
      for (const message of [...unsettled]) queue.giveBack(message, false);
      unsettled.clear();
    };
    this.ends.push(end);
    return {
      addCredit: (count) => {
        this.toBroker.put(() => {
          consumer.credit += count;
          queue.pump();
        });
      },
      close: () => this.toBroker.put(end),
    };
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.isOver) resolve();
      this.toBroker.put(resolve);
      this.ends.push(resolve);
    });
    this.end();
  }

  private settle(queue: MemoryQueue, message: StoredMessage, how: Settlement): void {
    if (how === 'accepted') {
      this.broker.note('acknowledged', message.wire);
      queue.remove(message);
      return;
    }
    this.broker.note('given-back', message.wire);
    queue.giveBack(message, how === 'failed');
  }

  private tell(words: () => void): void {
    if (!this.isMuted) this.toClient.put(words);
  }

  /** The broker's answer; none comes over a connection that is lost meanwhile. */
  private asked<Answer>(question: () => Answer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.isOver) {
        reject(new AccessError('ACCESS_UNREACHABLE', 'the connection is lost', { decision: 'retry' }));
        return;
      }
      this.toBroker.put(() => {
        try {
          const answer = question();
          this.tell(() => resolve(answer));
        } catch (error) {
          this.tell(() => reject(error instanceof Error ? error : new Error(String(error))));
        }
      });
      this.ends.push(() => reject(new AccessError('ACCESS_UNREACHABLE', 'the connection is lost')));
    });
  }

  private end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.toBroker.cut();
    this.toClient.cut();
    for (const end of this.ends.splice(0)) end();
  }
}

function isSelected(
  { wire: { properties }, address }: StoredMessage,
  queueOf: string,
  { replyFor, topic, from, stream }: Selection,
): boolean {
  if (from !== undefined && address !== cordaAddresses.ingress(queueOf, from)) return false;
  if (topic !== undefined && properties[HEADER.topic] !== topic) return false;
  const id = properties[HEADER.stream];
  const isPart = properties[HEADER.streamPart] !== undefined;
  if (stream === undefined) return id === undefined && properties[HEADER.replyFor] === replyFor;
  if (stream === 'announced') return id !== undefined && !isPart;
  return id === stream.id && isPart && address === stream.address;
}
