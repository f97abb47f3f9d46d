import { NetmapError } from '../lib/errors';

/**
 * - RECIPIENT_UNKNOWN: the map names nobody so
 * - MESSAGE_INVALID: a header, a time to live or an id that cannot be sent
 * - MESSAGE_TOO_LARGE: over the network's maximum message size
 * - SEND_REFUSED: the own broker does not take it
 * - REQUEST_TIMEOUT: no reply in time
 * - RECEIVE_INVALID: options of `receive` that make no sense
 * - RECEIVE_REFUSED: the own broker does not let this application read there
 * - MESSAGE_SETTLED: it was settled before
 * - MESSAGE_COMES_AGAIN: too late to settle it, since the connection that it came by is lost
 * - CONNECTION_LOST: an RPC call was on its way; whether it was done is not known
 * - SOURCE_FAILED: what a stream was to be read from
 * - SPOOL_UNUSABLE: the folder in which streams were to be put together
 * - ABORTED: by the caller's signal
 * - CLOSED: after `close`
 */
export type MessagingErrorCode =
  | 'RECIPIENT_UNKNOWN'
  | 'MESSAGE_INVALID'
  | 'MESSAGE_TOO_LARGE'
  | 'SEND_REFUSED'
  | 'REQUEST_TIMEOUT'
  | 'RECEIVE_INVALID'
  | 'RECEIVE_REFUSED'
  | 'MESSAGE_SETTLED'
  | 'MESSAGE_COMES_AGAIN'
  | 'CONNECTION_LOST'
  | 'SOURCE_FAILED'
  | 'SPOOL_UNUSABLE'
  | 'ABORTED'
  | 'CLOSED';

export class MessagingError extends NetmapError<MessagingErrorCode> {}

/** What a handler throws to have its message rejected: it goes to the dead letters with this message as its reason. */
export class Reject extends NetmapError<'REJECT'> {
  constructor(reason: string, detail: { readonly cause?: unknown } = {}) {
    super('REJECT', reason, detail);
  }
}
