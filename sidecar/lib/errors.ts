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

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** One line for a person: code, message and remedy of an error, then the messages of its causes. */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  for (let current: unknown = error; current !== undefined;) {
    const head = current instanceof NetmapError ? `${current.code}: ` : '';
    const tail = current instanceof NetmapError && current.remedy !== undefined ? ` (${current.remedy})` : '';
    parts.push(`${head}${messageOf(current)}${tail}`);
    current = current instanceof Error ? current.cause : undefined;
  }
  return parts.join(' <- ');
}
