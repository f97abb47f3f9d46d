/** What a caller does about an error: try again later, keep the last good state, or call a person. */
export type Decision = 'retry' | 'hold' | 'alarm';

export interface ErrorDetail {
  /** What the user can do about it, as one sentence. */
  readonly remedy?: string;
  readonly decision?: Decision;
  readonly cause?: unknown;
}

/**
 * The root of every error that this product raises on purpose. `code` is stable and may be relied on by scripts;
 * the message says what is wrong and where, `remedy` what to do.
 */
export abstract class NetmapError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly remedy: string | undefined;
  readonly decision: Decision;

  constructor(code: Code, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = new.target.name;
    this.code = code;
    this.remedy = detail.remedy;
    this.decision = detail.decision ?? 'hold';
  }
}

/** What was thrown as an error, also where it was made in another realm; undefined where it is none. */
export function asError(thrown: unknown): Error | undefined {
  const isError = thrown instanceof Error || Object.prototype.toString.call(thrown) === '[object Error]';
  return isError ? (thrown as Error) : undefined;
}

/** What the error comes from; undefined where it does not say, or is none. */
export function causeOf(thrown: unknown): unknown {
  return asError(thrown)?.cause;
}

/**
 * The message of anything that was thrown, without the name of its class. One without a message is told by those of the
 * errors that it sums up, each once, or else by its code or name.
 */
export function messageOf(thrown: unknown): string {
  const error = asError(thrown);
  if (error === undefined) return String(thrown);
  if (error.message !== '') return error.message;
  const parts = 'errors' in error && Array.isArray(error.errors) ? error.errors.map(messageOf) : [];
  if (parts.length > 0) return [...new Set(parts)].join(', ');
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
