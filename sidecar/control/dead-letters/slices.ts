import { DEAD } from '../../messaging/dead-letter';
import { HEADER } from '../../messaging/headers';
import { cordaAddresses, rpcAddresses } from '../../plan/address-profile';
import { DEAD_LETTERS, EXPIRED, KEPT_MS, sizeFilter, tooLargeFilter } from '../../plan/corda-addresses';

export const CAUSES = [
  'rejected',
  'unsigned',
  'stream',
  'attempts',
  'refused',
  'expired',
  'unroutable',
  'too-large',
  'unknown',
] as const;
export type Cause = (typeof CAUSES)[number];

/** As an operator reads it. */
export const CAUSE_TEXT: Readonly<Record<Cause, string>> = {
  rejected: 'rejected by the application',
  unsigned: 'its address names no sender',
  stream: 'it announces a stream that did not come in whole',
  attempts: 'attempts used up, or rejected without a reason',
  refused: 'refused by the peer',
  expired: 'expired',
  unroutable: 'no queue to take it',
  'too-large': 'larger than a message may be',
  unknown: 'put there by an application of this node',
};

/**
 * How a dead letter carries its facts: as annotations (what came by AMQP), as the broker's own properties (by STOMP and
 * CORE), or as the properties of the messaging library's copy.
 */
export type Form = 'amqp' | 'core' | 'library';

/** Dead letters of one cause and form: where they are and how the broker selects them. */
export interface Slice {
  readonly queue: typeof DEAD_LETTERS | typeof EXPIRED;
  readonly cause: Cause;
  readonly form: Form;
  readonly selector: string;
  /** The property that names the address that they came by. */
  readonly address: string;
}

/** Which dead letters are meant; all unless told otherwise. */
export interface DeadLetterFilter {
  /** Id of a peer or service, or name of an RPC user. */
  readonly peer?: string;
  readonly cause?: Cause;
  readonly topic?: string;
  /** Died then or later, milliseconds since the epoch. */
  readonly since?: number;
  /** Died then or before. */
  readonly until?: number;
}

export interface SliceSettings {
  /** Ids of the node's own identities and services. */
  readonly ownIds: readonly string[];
  /** Bytes. */
  readonly maxMessageSize: number;
}

/**
 * Properties that a sender sets are looked at before the broker's own ones of the same name, so that annotations alone are
 * believed of what came by AMQP. Their names have to be quoted.
 */
const ANNOTATED = { address: '"m.x-opt-ORIG-ADDRESS"', queue: '"m.x-opt-ORIG-QUEUE"', id: '"m.x-opt-ORIG-MESSAGE-ID"' };
/** Of CORE messages the broker overwrites them. */
const CORE = { address: '_AMQ_ORIG_ADDRESS', queue: '_AMQ_ORIG_QUEUE', id: '_AMQ_ORIG_MESSAGE_ID' };

const IS: Readonly<Record<Form, string>> = {
  amqp: `${ANNOTATED.address} IS NOT NULL`,
  core: `${ANNOTATED.address} IS NULL AND ${CORE.address} IS NOT NULL`,
  library: `${ANNOTATED.address} IS NULL AND ${CORE.address} IS NULL`,
};

/** All that the filter takes, each dead letter in one slice. */
export function slicesOf(filter: DeadLetterFilter, settings: SliceSettings): Slice[] {
  return allSlices(settings)
    .filter(({ cause }) => filter.cause === undefined || filter.cause === cause)
    .map((slice) => ({ ...slice, selector: joined([slice.selector, ...conditions(filter, slice, settings)]) }));
}

/** The slices in which a dead letter of this number may be. */
export function slicesOfNumber(number: number, settings: SliceSettings): Slice[] {
  return allSlices(settings)
    .filter(({ form }) => form !== 'library')
    .map((slice) => ({ ...slice, selector: joined([slice.selector, numberIs(number, slice.form)]) }));
}

/** The slices in which one is that the library has put there at this time. */
export function slicesOfTime(at: number, settings: SliceSettings): Slice[] {
  return allSlices(settings)
    .filter(({ form }) => form === 'library')
    .map((slice) => ({ ...slice, selector: joined([slice.selector, `${DEAD.at} = ${at}`]) }));
}

/** Selects the dead letter of that number among those of a form. */
export function numberIs(number: number, form: Form): string {
  return `${form === 'core' ? CORE.id : ANNOTATED.id} = ${number}`;
}

/** As SQL writes a text. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function allSlices(settings: SliceSettings): Slice[] {
  const library = (cause: Cause, condition: string): Slice => ({
    queue: DEAD_LETTERS,
    cause,
    form: 'library',
    selector: joined([IS.library, condition]),
    address: DEAD.origin,
  });
  const known = ['rejected', 'unsigned', 'stream'] as const;
  const slices = known.map((cause) => library(cause, `${DEAD.cause} = ${quoted(cause)}`));
  slices.push(library('unknown', `(${DEAD.cause} IS NULL OR ${DEAD.cause} NOT IN (${known.map(quoted).join(', ')}))`));
  for (const form of ['amqp', 'core'] as const) {
    const { address, queue } = form === 'amqp' ? ANNOTATED : CORE;
    const broker = (cause: Cause, conditions: readonly string[], at: Slice['queue'] = DEAD_LETTERS): Slice => ({
      queue: at,
      cause,
      form,
      selector: joined([IS[form], ...conditions]),
      // To group by it takes no quotes.
      address: address.replaceAll('"', ''),
    });
    const outgoing = `${queue} LIKE 'internal.%'`;
    slices.push(
      broker('attempts', [`${queue} IS NOT NULL`, `NOT (${outgoing})`]),
      broker('refused', [outgoing]),
      broker('unroutable', [`${queue} IS NULL`, sizeFilter(settings)]),
      broker('too-large', [`${queue} IS NULL`, tooLargeFilter(settings)]),
      broker('expired', [], EXPIRED),
    );
  }
  return slices;
}

function conditions(filter: DeadLetterFilter, { form, address }: Slice, settings: SliceSettings): string[] {
  const { peer, topic, since, until } = filter;
  return [
    ...(peer === undefined ? [] : [isOf(peer, form === 'amqp' ? `"${address}"` : address, settings)]),
    ...(topic === undefined ? [] : [`"${HEADER.topic}" = ${quoted(topic)}`]),
    ...(since === undefined ? [] : [`AMQExpiration >= ${since + KEPT_MS}`]),
    ...(until === undefined ? [] : [`AMQExpiration <= ${until + KEPT_MS}`]),
  ];
}

/** Whether the address names the peer. A sender may name the queue beside the address that he is granted. */
function isOf(peer: string, address: string, { ownIds }: SliceSettings): string {
  const ingress = ownIds.map((own) => [cordaAddresses.ingress(own, peer), cordaAddresses.inboundQueue(own)] as const);
  const outgoing = cordaAddresses.peerQueue(peer);
  const names = [
    ...ingress.flatMap(([name, queue]) => [name, `${name}::${queue}`]),
    outgoing,
    cordaAddresses.serviceQueue(peer),
    rpcAddresses.ingress(peer),
  ];
  // The name of a user may hold wildcards, and dots: others must not be taken for one of his.
  const more = /[%_.]/.test(peer) ? [] : ['.%', '::%'].map((rest) => `${address} LIKE ${quoted(`${outgoing}${rest}`)}`);
  return `(${[`${address} IN (${names.map(quoted).join(', ')})`, ...more].join(' OR ')})`;
}

function joined(conditions: readonly string[]): string {
  return conditions.join(' AND ');
}
