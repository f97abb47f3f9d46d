/**
 * Application properties of a message that this library has put into the dead letters, besides those that it came with. What
 * the broker itself puts there (attempts used up, no route) carries Artemis' own annotations x-opt-ORIG-ADDRESS and
 * x-opt-ORIG-QUEUE instead.
 */
export const DEAD = {
  /** Kind of cause, see `DeadLetterCause`. */
  cause: 'netmap_dead_cause',
  /** In the words of whoever rejected it. */
  reason: 'netmap_dead_reason',
  /** Milliseconds since the epoch. */
  at: 'netmap_dead_at',
  /** Deliveries, the last one included. */
  attempts: 'netmap_dead_attempts',
  /** Id of the true sender. */
  sender: 'netmap_dead_sender',
  /** Id of the own identity or service that it was for. */
  recipient: 'netmap_dead_recipient',
  /** The address that it came in by. */
  origin: 'netmap_dead_origin',
  /** `_AMQ_DUPL_ID` of the original; that of the copy is made from it. */
  duplicateId: 'netmap_dead_duplicate_id',
} as const;

/**
 * `rejected`: by the application; `unsigned`: the address that it came in by names no sender; `stream`: it announces a
 * stream that did not come in whole.
 */
export type DeadLetterCause = 'rejected' | 'unsigned' | 'stream';

/** Where dead letters are sent to; the queues of that address divide them up. */
export const DEAD_LETTER_ADDRESS = 'dead-letters';
