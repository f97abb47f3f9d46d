import { cordaAddresses } from '../../plan/address-profile';
import { HEADER } from '../headers';
import type { Selection } from '../transport';

/** As Artemis reads it, for the queue of what comes in for `queueOf`; names with hyphens need the word before them. */
export function selectorOf(queueOf: string, { replyFor, topic, from, stream }: Selection): string {
  const conditions = [ofStream(stream)];
  if (stream === undefined)
    conditions.push(replyFor === undefined ? `${HEADER.replyFor} IS NULL` : `${HEADER.replyFor} = ${quoted(replyFor)}`);
  if (from !== undefined) conditions.push(cameBy(cordaAddresses.ingress(queueOf, from)));
  if (topic === undefined) return conditions.join(' AND ');
  // The word stands before the whole, or it is not seen.
  return `hyphenated_props:${[`${HEADER.topic} = ${quoted(topic)}`, ...conditions].join(' AND ')}`;
}

function ofStream(stream: Selection['stream']): string {
  if (stream === undefined) return `${HEADER.stream} IS NULL`;
  if (stream === 'announced') return `${HEADER.stream} IS NOT NULL AND ${HEADER.streamPart} IS NULL`;
  const { id, address } = stream;
  return `${HEADER.stream} = ${quoted(id)} AND ${HEADER.streamPart} IS NOT NULL AND ${cameBy(address)}`;
}

function cameBy(address: string): string {
  return `AMQAddress = ${quoted(address)}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
