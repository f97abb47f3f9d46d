import type { Messaging } from '../../../sidecar/messaging/messaging';
import type { SendWindow } from '../../../sidecar/messaging/client/client-options';

/** Three nodes; b and c offer the service. */
export type Alias = 'a' | 'b' | 'c';

export const NAMES = {
  a: 'O=Party A, L=London, C=GB',
  b: 'O=Party B, L=Paris, C=FR',
  c: 'O=Party C, L=Rome, C=IT',
  service: 'O=Quotes, L=Zurich, C=CH',
} as const;

/** What every world is set to. */
export const LIMITS = {
  maxMessageSize: 2_000_000,
  maxAttempts: 3,
  redeliveryMs: 50,
  /** Bytes of one recipient's messages beyond which senders wait, about. */
  inboundBytes: 1_000_000,
} as const;

/** A message as a client of another make may send it. */
export interface ForeignMessage {
  readonly body: Buffer;
  readonly id?: string;
  readonly correlationId?: string;
  readonly ttl?: number;
  readonly properties?: Readonly<Record<string, string | number | boolean>>;
  /** AMQP's own fields, in which a sender may lie. */
  readonly to?: string;
  readonly userId?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface DeadLetter {
  readonly body: string;
  readonly properties: Readonly<Record<string, unknown>>;
  /** The address that it had come in by. */
  readonly origin: string;
}

export interface OpenOptions {
  readonly sendWindow?: Partial<SendWindow>;
}

/** What the contract is tried in: nodes, their brokers and ways to disturb them. */
export interface World {
  /** A new application of the node; closed by `reset`. */
  open(alias: Alias, options?: OpenOptions): Promise<Messaging>;
  /** Asks again, letting time pass, until it holds. */
  until(what: string, holds: () => boolean | Promise<boolean>): Promise<void>;
  /** Milliseconds since the epoch, by the world's clock. */
  now(): number;
  id(alias: Alias | 'service'): string;
  /** Sends with a foreign client from the node to an identity of another. */
  sendForeign(from: Alias, to: Alias, message: ForeignMessage): Promise<void>;
  deadLetters(alias: Alias): Promise<DeadLetter[]>;
  /** Bodies of what lived too long to be read at the node. */
  expired(alias: Alias): Promise<string[]>;
  /** Cuts the node's applications off their broker; they may come back at once. */
  cut(alias: Alias): Promise<void>;
  /** As `cut`; nobody comes back before `admit`. */
  refuse(alias: Alias): Promise<void>;
  admit(alias: Alias): Promise<void>;
  /** What applications say reaches the broker, what it answers is lost; until `cut`. */
  mute(alias: Alias): Promise<void>;
  /** c leaves the map of a, or comes back. */
  leave(): Promise<void>;
  comeBack(): Promise<void>;
  /** Everything as at the start: no application, no message. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}
