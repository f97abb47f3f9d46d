import { NetmapError } from '../lib/errors';

/**
 * Why the service does not do what it was asked for, and the status that it answers with:
 * - NAME_BANNED (403): the operator has banned a name
 * - NAME_TAKEN (409): a name or a key belongs to another node, until that one is evicted or removed
 * - SERIAL_OLD, SERIAL_REUSED (409): not newer than what the node published before, and not the same either
 * - PLATFORM_VERSION_LOW (403): below the least of the network
 * - MAP_FULL (503): no room for one more node
 * - SUBMISSION_REFUSED (400): what was posted is not what it should be (the cause says more)
 * - SUBMISSION_TOO_LARGE (413), RATE_EXCEEDED (429)
 * - NOT_FOUND (404): no such document, node or path
 * - UNAUTHORIZED (401): not the operator's token
 * - SERVICE_FAILED (503): the state cannot be kept just now
 */
export const REFUSAL_STATUS = {
  NAME_BANNED: 403,
  NAME_TAKEN: 409,
  SERIAL_OLD: 409,
  SERIAL_REUSED: 409,
  PLATFORM_VERSION_LOW: 403,
  MAP_FULL: 503,
  SUBMISSION_REFUSED: 400,
  SUBMISSION_TOO_LARGE: 413,
  RATE_EXCEEDED: 429,
  NOT_FOUND: 404,
  UNAUTHORIZED: 401,
  SERVICE_FAILED: 503,
} as const;

export type RefusalCode = keyof typeof REFUSAL_STATUS;

/** A request that the service refuses; nothing was changed. */
export class Refusal extends NetmapError<RefusalCode> {
  constructor(code: RefusalCode, message: string, cause?: unknown) {
    super(code, message, { cause });
  }

  /** Of HTTP. */
  get status(): number {
    return REFUSAL_STATUS[this.code];
  }
}
