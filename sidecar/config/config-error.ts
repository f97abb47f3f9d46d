import { NetmapError } from '../lib/errors';

export type ConfigErrorCode =
  | 'CONFIG_MISSING'
  | 'CONFIG_UNREADABLE'
  | 'CONFIG_SYNTAX'
  | 'CONFIG_INVALID'
  | 'SECRET_MISSING'
  | 'SECRET_UNREADABLE'
  | 'SECRET_FILE_MODE';

/** One thing that is wrong in a configuration file. */
export interface ConfigProblem {
  /** Absolute path of the file. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** The setting, such as `sources[0].directory.path`; empty for the whole file. */
  readonly path: string;
  readonly reason: string;
  readonly remedy: string;
}

/** The configuration cannot be used; `problems` has all that was found, in the file's order. */
export class ConfigError extends NetmapError<ConfigErrorCode> {
  readonly problems: readonly ConfigProblem[];

  private constructor(
    code: ConfigErrorCode,
    message: string,
    remedy: string,
    problems: readonly ConfigProblem[],
    cause?: unknown,
  ) {
    super(code, message, { remedy, cause, decision: 'alarm' });
    this.problems = problems;
  }

  /** One cause, that has no place within a file. */
  static because(code: ConfigErrorCode, message: string, remedy: string, cause?: unknown): ConfigError {
    return new ConfigError(code, message, remedy, [], cause);
  }

  /** Problems within a file, at least one. */
  static of(code: ConfigErrorCode, problems: readonly ConfigProblem[]): ConfigError {
    const sorted = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
    const files = [...new Set(sorted.map((problem) => problem.file))].join(', ');
    return new ConfigError(code, sorted.map(describeProblem).join('\n'), `correct ${files}`, sorted);
  }
}

/** `FILE:LINE:COLUMN: PATH: REASON; REMEDY`. */
function describeProblem(problem: ConfigProblem): string {
  const where = `${problem.file}:${problem.line}:${problem.column}`;
  return [where, problem.path, `${problem.reason}; ${problem.remedy}`].filter((part) => part !== '').join(': ');
}
