import { pino, type Logger as PinoLogger } from 'pino';
import type { Clock } from './clock';
import { formatLogLine } from './log-text';
import { asError, causeOf, messageOf, NetmapError } from './errors';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What a record says besides its message. `error` may be anything that was thrown. */
export type LogFields = Readonly<Record<string, unknown>> & { readonly error?: unknown };

/** Structured log: the message is constant text, what varies is in the fields. */
export interface Logger {
  trace(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to each record; `component` names the part of the product. */
  child(fields: LogFields & { readonly component?: string }): Logger;
}

/** Where lines go, each with its line end; standard error usually. */
export interface LogDestination {
  write(text: string): unknown;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** `json`: one object a line; `text`: for people. */
  readonly format: 'text' | 'json';
  readonly destination: LogDestination;
  readonly clock: Clock;
  /** Colours for the level, in text only. */
  readonly colour?: boolean;
}

const MASK = '***';
/** Causes of causes may run in a circle. */
const MAX_CAUSES = 8;
const SECRET_NAMES = ['password', 'passwordHash', 'passphrase', 'secret', 'token', 'privateKey', 'authorization'];
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|(?="))/g;

/** A logger that writes to `destination`; secrets in well-known fields and private keys anywhere become `***`. */
export function createLogger(options: LoggerOptions): Logger {
  const { destination, clock } = options;
  const asText = (line: string): string => formatLogLine(line, { colour: options.colour === true });
  const format = options.format === 'json' ? (line: string) => line : asText;
  const stream = {
    write: (line: string): void => void destination.write(format(line.replaceAll(PRIVATE_KEY, MASK))),
  };
  const root = pino(
    {
      level: options.level,
      base: null,
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: (error: unknown) => serializeError(error) },
      redact: { paths: SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: MASK },
    },
    stream,
  );
  return adapt(root);
}

/** A logger that says nothing. */
export const silentLogger: Logger = adapt(pino({ enabled: false }));

function adapt(logger: PinoLogger): Logger {
  return {
    trace: (message, fields = {}) => logger.trace(fields, message),
    debug: (message, fields = {}) => logger.debug(fields, message),
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
    child: (fields) => adapt(logger.child(fields)),
  };
}

function serializeError(error: unknown, depth = 0): object {
  const known = error instanceof NetmapError ? (error as NetmapError) : undefined;
  const cause = depth < MAX_CAUSES ? causeOf(error) : undefined;
  return {
    ...(known === undefined ? {} : { code: known.code, remedy: known.remedy }),
    message: messageOf(error),
    ...(cause === undefined ? {} : { cause: serializeError(cause, depth + 1) }),
    // The stack of an error that was raised on purpose tells an operator nothing.
    ...(known === undefined && asError(error) && { stack: asError(error)?.stack }),
  };
}

/** One thing went from one state to another. */
export interface Transition {
  /** The change that it belongs to; the same id on every line about that change. */
  readonly change?: string;
  /** What changed, in words of the domain, such as `bridge to O=Party B, L=London, C=GB`. */
  readonly subject: string;
  readonly from: string;
  readonly to: string;
  readonly reason?: string;
  readonly error?: unknown;
}

/** Writes a transition as one record: `SUBJECT: FROM -> TO`. */
export function logTransition(log: Logger, transition: Transition, level: LogLevel = 'info'): void {
  const fields = Object.fromEntries(Object.entries(transition).filter(([, value]) => value !== undefined));
  log[level](`${transition.subject}: ${transition.from} -> ${transition.to}`, fields);
}
