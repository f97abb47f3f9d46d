import type { ReceivedMessage } from '../control/node-client/received-message';
import { printable } from '../lib/log-text';

/** A message with the name of its true sender, where the map has it. */
export interface NamedMessage extends ReceivedMessage {
  readonly senderName: string | undefined;
}

/** Characters of a body that are shown. */
const MOST_SHOWN = 200;

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

/** `TIME  SENDER  SIZE  BODY`, one line whatever the body holds. */
export function receivedText({ senderId, senderName, at, address, body }: NamedMessage): string {
  const sender = senderName ?? (senderId === undefined ? `unknown, by ${address}` : `${senderId} (not on the map)`);
  const time = at === undefined ? '-' : new Date(at).toISOString();
  return printable(`${time}  ${sender}  ${body.length} bytes  ${shown(body)}`);
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
