import { NetmapError } from '../lib/errors';

/**
 * Why a relay cannot go on:
 * - RELAY_SETTINGS: it was given something that cannot work; nothing was tried
 * - RELAY_REFUSED: the peer has refused the connection in an ERROR frame; the message holds its words
 * - RELAY_MESSAGE_REFUSED: the peer has refused a message in an ERROR frame
 * - RELAY_PROTOCOL: what the peer sent is not what a STOMP 1.2 server sends to one that only sends
 * - RELAY_NOT_ADMITTED: the peer closed the connection before it answered STOMP's CONNECT
 * - RELAY_NO_ANSWER: the peer did not answer STOMP's CONNECT in time
 * - RELAY_CLOSED: the peer closed a connection that worked
 * - RELAY_SILENT: the peer sent neither data nor heart-beats in time
 * - RELAY_NO_RECEIPT: the peer lives, and confirms nothing
 */
export type RelayErrorCode =
  | 'RELAY_SETTINGS'
  | 'RELAY_REFUSED'
  | 'RELAY_MESSAGE_REFUSED'
  | 'RELAY_PROTOCOL'
  | 'RELAY_NOT_ADMITTED'
  | 'RELAY_NO_ANSWER'
  | 'RELAY_CLOSED'
  | 'RELAY_SILENT'
  | 'RELAY_NO_RECEIPT';

export class RelayError extends NetmapError<RelayErrorCode> {}
