import type { Message } from 'rhea-promise';
import { fromAmqp } from '../../messaging/amqp/wire';
import { DEAD } from '../../messaging/dead-letter';
import { HEADER } from '../../messaging/headers';
import { cordaAddresses, rpcAddresses } from '../../plan/address-profile';
import { KEPT_MS } from '../../plan/corda-addresses';
import { sha256Hex } from '../../lib/digest';
import type { Cause, Slice } from './slices';

/** `in`: from a peer; `out`: to a peer or service; `rpc`: from a user of RPC. */
export type Direction = 'in' | 'out' | 'rpc' | 'unknown';

/** What is known of one dead letter. Times are milliseconds since the epoch. */
export interface DeadLetter {
  /** By which the commands know it: a number for what the broker has moved, `r…` for what the messaging library has. */
  readonly id: string;
  readonly queue: Slice['queue'];
  readonly cause: Cause;
  /** In the words of whoever rejected it. */
  readonly reason?: string;
  readonly direction: Direction;
  /** Id of the true sender or of whom it was for, name of the RPC user; undefined where its origin names none. */
  readonly peer?: string;
  readonly diedAt?: number;
  readonly arrivedAt?: number;
  /** Deliveries. */
  readonly attempts?: number;
  /** The address that it came by. */
  readonly origin: string;
  /** The queue that it was in; undefined where no queue took it. */
  readonly originQueue?: string;
  readonly messageId?: string;
  readonly correlationId?: string;
  /** By the sender's clock. */
  readonly sentAt?: number;
  readonly duplicateId?: string;
  readonly topic?: string;
  readonly contentType?: string;
  readonly contentEncoding?: string;
  /** Application properties as they were. */
  readonly properties: Readonly<Record<string, string | number | boolean>>;
  readonly body: Buffer;
}

/** The broker's own words: annotations of what came by AMQP, properties of the rest. */
const ORIGIN = { amqp: 'x-opt-ORIG-ADDRESS', core: '_AMQ_ORIG_ADDRESS' };
const ORIGIN_QUEUE = { amqp: 'x-opt-ORIG-QUEUE', core: '_AMQ_ORIG_QUEUE' };
const ORIGIN_ID = { amqp: 'x-opt-ORIG-MESSAGE-ID', core: '_AMQ_ORIG_MESSAGE_ID' };

/** `maxAttempts` as the node's settings say. What a sender wrote has no say in who he is or why it died. */
export function deadLetterOf(message: Message, slice: Slice, maxAttempts: number): DeadLetter {
  const wire = fromAmqp(message);
  const { properties } = wire;
  const own = slice.form === 'library';
  const ofBroker = (names: typeof ORIGIN): string | undefined =>
    textOf(slice.form === 'core' ? properties[names.core] : message.message_annotations?.[names.amqp]);
  const said = (name: string): string | undefined => textOf(own ? properties[name] : undefined);
  const origin = (own ? said(DEAD.origin) : ofBroker(ORIGIN)) ?? '';
  const expiry = message.absolute_expiry_time;
  const duplicateId = own ? said(DEAD.duplicateId) : textOf(properties[HEADER.duplicateId]);
  return {
    id: own
      ? libraryId(properties[DEAD.at], textOf(properties[HEADER.duplicateId]) ?? '')
      : (ofBroker(ORIGIN_ID) ?? ''),
    queue: slice.queue,
    cause: slice.cause,
    ...peerAt(origin, said(DEAD.sender)),
    origin,
    properties: own ? withoutMarks(properties, duplicateId) : properties,
    body: wire.body,
    ...defined({
      reason: said(DEAD.reason),
      diedAt: expiry === undefined ? undefined : new Date(expiry).getTime() - KEPT_MS,
      arrivedAt: wire.ingressTime,
      attempts: own ? numberOf(properties[DEAD.attempts]) : slice.cause === 'attempts' ? maxAttempts : undefined,
      originQueue: own ? queueOf(said(DEAD.recipient)) : ofBroker(ORIGIN_QUEUE),
      messageId: wire.id,
      correlationId: wire.correlationId,
      sentAt: wire.createdAt,
      duplicateId,
      topic: textOf(properties[HEADER.topic]),
      contentType: wire.contentType,
      contentEncoding: wire.contentEncoding,
    }),
  };
}

/** Who is at the other end of an address of this node. */
export function peerAt(address: string, otherwise?: string): Pick<DeadLetter, 'direction' | 'peer'> {
  const sender = cordaAddresses.senderOf(address);
  if (sender !== undefined) return { direction: 'in', peer: sender };
  const addressee = cordaAddresses.waitsFor(address);
  if (addressee !== undefined) return { direction: 'out', peer: addressee };
  const users = rpcAddresses.ingress('');
  if (address.startsWith(users)) return { direction: 'rpc', peer: address.slice(users.length).split('::')[0] ?? '' };
  return { direction: 'unknown', ...(otherwise === undefined || otherwise === '' ? {} : { peer: otherwise }) };
}

/** The application properties of the message of which the library has made a dead letter. */
export function withoutMarks(
  properties: DeadLetter['properties'],
  duplicateId: string | undefined,
): DeadLetter['properties'] {
  const marks: readonly string[] = [...Object.values(DEAD), HEADER.duplicateId];
  const kept = Object.entries(properties).filter(([name]) => !marks.includes(name));
  return Object.fromEntries(duplicateId === undefined ? kept : [...kept, [HEADER.duplicateId, duplicateId]]);
}

/** Its time can be selected at the broker; the rest tells those of one moment apart. */
function libraryId(at: unknown, duplicateId: string): string {
  return `r${numberOf(at) ?? 0}-${sha256Hex(duplicateId).slice(0, 8)}`;
}

/** The time in the id of what the library has put there; undefined for other ids. */
export function timeInId(id: string): number | undefined {
  const [, at] = /^r(\d{1,15})-[0-9a-f]{8}$/.exec(id) ?? [];
  return at === undefined ? undefined : Number(at);
}

function queueOf(recipient: string | undefined): string | undefined {
  return recipient === undefined ? undefined : cordaAddresses.inboundQueue(recipient);
}

function numberOf(value: unknown): number | undefined {
  const number = Number(value ?? Number.NaN);
  return Number.isFinite(number) ? number : undefined;
}

function textOf(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : text(value);
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

type Defined<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };

function defined<Fields extends object>(fields: Fields): Defined<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<Fields>;
}
