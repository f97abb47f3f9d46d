import type { ReceivedMessage as WireView } from '../control/node-client/received-message';
import type { WrittenMessage } from '../control/messages/message-files';
import { printable } from '../lib/log-text';
import { HEADER } from '../messaging/headers';
import type { ReceivedMessage } from '../messaging/received-message';
import { cordaAddresses } from '../plan/address-profile';

/** A message with the name of its true sender, where the map has it. */
export interface NamedMessage extends WireView {
  readonly senderName: string | undefined;
}

/** Characters of a body that are shown. */
const MOST_SHOWN = 200;

/** What the library hands over, as it came in. */
export function namedMessage(message: ReceivedMessage): NamedMessage {
  const { sender, recipient, arrivedAt, body, headers, topic, duplicateId } = message;
  return {
    address: cordaAddresses.ingress(recipient.id, sender.id),
    senderId: sender.id,
    senderName: sender.name,
    at: arrivedAt,
    body,
    properties: {
      ...headers,
      ...(topic === undefined ? {} : { [HEADER.topic]: topic }),
      ...(duplicateId === undefined ? {} : { [HEADER.duplicateId]: duplicateId }),
    },
  };
}

/** For programs: a body that is no UTF-8 as base64. */
export function receivedJson({ senderId, senderName, at, address, body, properties }: NamedMessage): object {
  const text = textOf(body);
  return {
    from: { id: senderId, name: senderName },
    at: at === undefined ? undefined : new Date(at).toISOString(),
    address,
    bytes: body.length,
    ...(text === undefined ? { bodyBase64: body.toString('base64') } : { body: text }),
    properties,
  };
}

/** For programs: what else the library says of a message. */
export function detailsJson(message: ReceivedMessage): object {
  const { id, recipient, contentType, contentEncoding, correlationId, attempt, isRequest } = message;
  return { id, to: recipient, contentType, contentEncoding, correlationId, attempt, isRequest };
}

/** `TIME  SENDER  SIZE  BODY`, one line whatever the body holds. */
export function receivedText({ senderId, senderName, at, address, body }: NamedMessage): string {
  const sender = senderName ?? (senderId === undefined ? `unknown, by ${address}` : `${senderId} (not on the map)`);
  const time = at === undefined ? '-' : new Date(at).toISOString();
  return printable(`${time}  ${sender}  ${body.length} bytes  ${shown(body)}`);
}

/** `TIME  SENDER  SIZE  FILE`, of a message or a stream in a file. */
export function writtenText({ file, metadata: { from, arrivedAt = '-', bytes, parts } }: WrittenMessage): string {
  const sender = from.name ?? `${from.id} (not on the map)`;
  const inParts = parts === undefined ? '' : ` in ${parts} parts`;
  return printable(`${arrivedAt}  ${sender}  ${bytes} bytes${inParts}  ${file}`);
}

function shown(body: Buffer): string {
  const text = textOf(body);
  if (text === undefined) return `(no text) ${body.subarray(0, 32).toString('hex')}${body.length > 32 ? '…' : ''}`;
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOf(body: Buffer): string | undefined {
  try {
    return utf8.decode(body);
  } catch {
    return undefined;
  }
}
