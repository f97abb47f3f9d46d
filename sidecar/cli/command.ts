import type { Command } from 'commander';
import type { Config } from '../config/config';
import type { Clock } from '../lib/clock';
import type { Logger } from '../lib/log';
import type { ProgressOptions } from '../lib/progress';
import type { ExitCode } from './exit-codes';
import type { Output } from './output';
import type { CliIo } from './process-io';

/** What every command may use. */
export interface CommandContext {
  readonly output: Output;
  /** The command line as a whole: every command, argument and option. */
  readonly program: Command;
  readonly clock: Clock;
  /** For `startProgress`: standard error. */
  readonly progress: ProgressOptions;
  readonly stdin: CliIo['stdin'];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborted by SIGINT and SIGTERM: end in good order, and soon. */
  readonly signal: AbortSignal;
  /** Absolute path of the file that `--config` names, for commands with a configuration of their own. */
  readonly configFile: string;
  /** Reads the file that `--config` names. @throws ConfigError */
  readonly loadConfig: () => Promise<Config>;
  /** A log on standard error, as the configuration's `log` says; `{ level: 'info', format: 'auto' }` without one. */
  readonly createLog: (settings?: Config['log']) => Logger;
}

/** What the user wrote after the command's own words. */
export interface CommandInput<Options> {
  /** Arguments, and undefined for optional ones that are not given. */
  readonly args: readonly (string | undefined)[];
  readonly options: Options;
}

/** One command of `netmap`; a file each, listed in commands.ts. */
export interface CliCommand<Options extends object = object> {
  /** Its words after `netmap`: `['plan']` or `['config', 'check']`. */
  readonly words: readonly [string] | readonly [string, string];
  /** One line. */
  readonly summary: string;
  /** More for its own help page, such as examples. */
  readonly details?: string;
  /** Declares its arguments and options. */
  configure?(command: Command): unknown;
  /** Errors may be thrown: they are shown, and become an exit code by `exitCodeOf`. */
  run(context: CommandContext, input: CommandInput<Options>): Promise<ExitCode>;
}
