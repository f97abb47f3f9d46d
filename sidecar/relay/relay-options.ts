import type { RetryLimits } from '../broker/bridge/bridge-entry';
import type { Clock } from '../lib/clock';
import type { Logger } from '../lib/log';
import type { StompEndpoint } from '../network/swaptacular-node';
import type { RelayTls } from './peer-socket';
import { RelayError } from './relay-error';
import type { RelayInbox } from './relay-inbox';
import type { Outgoing, RelayMessage } from './relay-message';

export interface StompRelayOptions {
  /** serialNumber in the subject of the peer's certificates. */
  readonly peer: string;
  /** The queue that is carried to the peer; the relay must be its only reader. */
  readonly inbox: RelayInbox;
  readonly endpoint: StompEndpoint;
  readonly tls: RelayTls;
  /** Messages in flight at most, without a receipt: 1 to 1000, 100 unless given. As many more wait in the relay at most, or 300. */
  readonly window?: number;
  readonly retry?: RetryLimits;
  readonly timing?: Partial<RelayTiming>;
  /**
   * Puts a message that will not reach the peer somewhere else, with the reason in words; it leaves the queue when this
   * resolves. Where it is not given, or rejects, the broker moves the message to the dead letters of the queue.
   */
  readonly setAside?: (message: RelayMessage, reason: string) => Promise<void>;
  /** What becomes of each message of the queue before it is sent; it goes as it is unless this is given. Must not throw. */
  readonly outgoing?: (message: RelayMessage) => Outgoing;
  readonly clock: Clock;
  /** A number from 0 up to but excluding 1. */
  readonly random: () => number;
  readonly log: Logger;
}

/** Milliseconds. */
export interface RelayTiming {
  /** For a TLS connection to a server, and again for its answer to CONNECT. */
  readonly connectMs: number;
  /** Messages in flight and no receipt for so long: the connection is given up. */
  readonly receiptMs: number;
  /** For the last receipts when the relay stops. */
  readonly stopMs: number;
}

export const DEFAULT_RELAY_TIMING: RelayTiming = { connectMs: 10_000, receiptMs: 60_000, stopMs: 10_000 };

export const DEFAULT_RELAY_RETRY: RetryLimits = {
  minMs: 1_000,
  maxMs: 60_000,
  handshakeMinMs: 10_000,
  handshakeMaxMs: 300_000,
};

/** Messages that wait here, at least: the broker takes as long to answer a request for more as a peer to confirm these. */
const LEAST_AHEAD = 300;

/** Messages that a relay has and has not settled, at most: those in flight, and those that wait so that the window is never short of them. */
export function roomFor(window: number): number {
  return window + Math.max(window, LEAST_AHEAD);
}

/** With those that wait here it is twice as many, and rhea keeps no more unsettled deliveries of a session than 2048. */
const MOST_WINDOW = 1_000;

/** Throws RelayError RELAY_SETTINGS. */
export function checkOptions({ window = 1, endpoint }: Pick<StompRelayOptions, 'window' | 'endpoint'>): void {
  if (!Number.isInteger(window) || window < 1 || window > MOST_WINDOW)
    throw new RelayError('RELAY_SETTINGS', `the window of a relay is ${window}, and must be 1 to ${MOST_WINDOW}`);
  const { host, destination, login = '', passcode = '' } = endpoint;
  for (const [name, value] of Object.entries({ host, destination, login, passcode })) {
    if (!value.includes('\0')) continue;
    throw new RelayError('RELAY_SETTINGS', `the peer's ${name} holds a NUL character, which STOMP cannot carry`, {
      remedy: 'ask the peer for a new info bundle: its stomp.toml is wrong',
    });
  }
}
