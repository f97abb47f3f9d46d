import { isUtf8 } from 'node:buffer';
import type { StompEndpoint } from '../network/swaptacular-node';
import type { RelayMessage } from './relay-message';

/** What servers of such networks take at most, octets. */
export const SEND_LIMITS = { body: 8192, headerValue: 500, headers: 4096 } as const;

/** As many digits as a receipt will ever have; the size of a frame's head must not depend on it. */
const LONGEST_RECEIPT = Number.MAX_SAFE_INTEGER;

export type SendHeaders = Readonly<Record<string, string>>;

/** The headers of a SEND frame, in the order in which the reference client sends them. */
export function sendHeaders(message: RelayMessage, destination: string, receipt: number): SendHeaders {
  return {
    destination,
    type: message.type ?? '',
    'content-type': message.contentType ?? '',
    persistent: 'true',
    receipt: String(receipt),
    'content-length': String(message.body.length),
  };
}

/** Why a message cannot be sent to such an endpoint whatever the peer says, in words; undefined: it can. */
export function whyUnsendable(
  message: RelayMessage,
  { destination, acceptedContentTypes }: Pick<StompEndpoint, 'destination' | 'acceptedContentTypes'>,
): string | undefined {
  const { type, contentType, body } = message;
  if (type === undefined || type === '') return 'it has no type: set the subject of the AMQP message';
  if (contentType === undefined || contentType === '') return 'it has no content type';
  if (!acceptedContentTypes.includes(contentType))
    return `the peer does not take ${quote(contentType)}, only ${acceptedContentTypes.join(', ')}`;
  if (body.length > SEND_LIMITS.body)
    return `its body has ${body.length} bytes, more than the ${SEND_LIMITS.body} that a peer takes`;
  if (contentType === 'application/json' && !isUtf8(body)) return 'its body is to be JSON and is not UTF-8';
  return whyBadHeaders(sendHeaders(message, destination, LONGEST_RECEIPT));
}

function whyBadHeaders(headers: SendHeaders): string | undefined {
  let octets = 'SEND\n\n'.length;
  for (const [name, value] of Object.entries(headers)) {
    if (value.includes('\0')) return `its ${name} holds a NUL character`;
    const size = Buffer.byteLength(escapeHeader(value));
    if (size > SEND_LIMITS.headerValue)
      return `its ${name} has ${size} bytes, more than the ${SEND_LIMITS.headerValue} that a peer takes`;
    octets += name.length + size + ':\n'.length;
  }
  return octets > SEND_LIMITS.headers
    ? `its headers have ${octets} bytes, more than ${SEND_LIMITS.headers}`
    : undefined;
}

function escapeHeader(value: string): string {
  return value.replace(/[\\\r\n:]/g, '\\$&');
}

function quote(value: string): string {
  return JSON.stringify(value.slice(0, 100));
}
