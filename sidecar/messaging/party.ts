/** An organisation or a service of the network. */
export interface Party {
  /** How its queues and addresses are named. */
  readonly id: string;
  /** X.500 name as Corda writes it. */
  readonly name: string;
}

/** Who sent a message, by the word of the own broker; nothing that the sender wrote has a say in it. */
export interface Sender {
  readonly id: string;
  /** Undefined once the network map does not name the sender any more. */
  readonly name: string | undefined;
}
