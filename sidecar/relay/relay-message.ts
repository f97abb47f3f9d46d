/** A message of the queue, as far as a relay needs it. */
export interface RelayMessage {
  readonly id: string | undefined;
  /** Kind of the message: the subject of the AMQP message, or its application property `type`. */
  readonly type: string | undefined;
  readonly contentType: string | undefined;
  readonly body: Buffer;
  /** When it was set aside before, milliseconds since the epoch; absent unless it is a dead letter that was replayed. */
  readonly diedAt?: number;
}

/** A message as the peer is to get it; or why it must not go there, in words. */
export type Outgoing = { readonly message: RelayMessage } | { readonly refused: string };
