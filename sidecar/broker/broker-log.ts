import type { Clock } from '../lib/clock';

export type BrokerLogLevel = 'FATAL' | 'ERROR' | 'WARN' | 'INFO' | 'DEBUG' | 'TRACE';

/** One thing that the broker says. */
export interface BrokerLogRecord {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly level: BrokerLogLevel;
  /** The Java logger's name; "stdout" or "stderr" for what did not come through the logging of the broker. */
  readonly logger: string;
  /** Such as AMQ221007, where the message has one; it is then no part of `message`. */
  readonly code?: string;
  readonly message: string;
  /** The Java stack trace, several lines. */
  readonly trace?: string;
}

/** The logger that a line from outside of the broker's logging is given. */
export type BrokerStream = 'stdout' | 'stderr';

const LEVELS: readonly string[] = ['FATAL', 'ERROR', 'WARN', 'INFO', 'DEBUG', 'TRACE'];

/**
 * The content of log4j2.properties that `BrokerLogReader` understands: one JSON object a line on standard output. Line
 * ends within a message are escaped, so that nothing a client sends can pass for a record of its own.
 */
export function log4j2Properties(level: BrokerLogLevel = 'INFO'): string {
  const pattern = [
    '"time":%d{UNIX_MILLIS}',
    '"level":"%p"',
    '"logger":"%enc{%c}{JSON}"',
    '"message":"%enc{%m}{JSON}"',
    '"trace":"%enc{%ex}{JSON}"',
  ].join(',');
  return [
    'monitorInterval = 5',
    `rootLogger.level = ${level}`,
    'rootLogger.appenderRef.console.ref = console',
    // Names every management request; on INFO it would be most of the log.
    'logger.audit.name = org.apache.activemq.audit',
    'logger.audit.level = OFF',
    'appender.console.type = Console',
    'appender.console.name = console',
    'appender.console.layout.type = PatternLayout',
    'appender.console.layout.alwaysWriteExceptions = false',
    `appender.console.layout.pattern = {${pattern}}%n`,
    '',
  ].join('\n');
}

/** Turns the output of a broker with `log4j2Properties` into records; other lines of one stack trace become one record. */
export class BrokerLogReader {
  private partial = '';
  private raw: string[] = [];
  private cancelFlush: () => void = () => undefined;

  constructor(
    private readonly stream: BrokerStream,
    private readonly clock: Clock,
    private readonly onRecord: (record: BrokerLogRecord) => void,
  ) {}

  push(chunk: string): void {
    const lines = (this.partial + chunk).split('\n');
    this.partial = (lines.pop() ?? '').slice(0, LONGEST_LINE);
    for (const line of lines) this.line(line.replace(/\r$/, ''));
  }

  /** Passes on what is still held back. */
  end(): void {
    if (this.partial !== '') this.line(this.partial);
    this.partial = '';
    this.flush();
  }

  private line(line: string): void {
    const record = parseRecord(line, this.clock.now());
    if (record !== undefined) {
      this.flush();
      this.onRecord(record);
      return;
    }
    if (!CONTINUATION.test(line)) this.flush();
    if (line.trim() !== '') this.raw.push(line);
    this.cancelFlush();
    this.cancelFlush = this.clock.after(FLUSH_MS, () => this.flush());
  }

  private flush(): void {
    this.cancelFlush();
    const [message, ...trace] = this.raw.splice(0);
    if (message === undefined) return;
    this.onRecord({
      time: this.clock.now(),
      level: this.stream === 'stderr' ? 'WARN' : 'DEBUG',
      logger: this.stream,
      ...splitCode(message.trim()),
      ...(trace.length > 0 ? { trace: trace.join('\n') } : {}),
    });
  }
}

/** A line that belongs to the one before it: indented, or a part of a Java stack trace. */
const CONTINUATION = /^(?:\s|Caused by:|Suppressed:)/;
/** How long a line waits for those that belong to it, milliseconds. */
const FLUSH_MS = 100;
const LONGEST_LINE = 1_000_000;

function parseRecord(line: string, now: number): BrokerLogRecord | undefined {
  if (!line.startsWith('{"time":')) return undefined;
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const { time, level, logger, message, trace } = fields;
  if (typeof message !== 'string' || typeof logger !== 'string') return undefined;
  return {
    time: typeof time === 'number' ? time : now,
    level: isLevel(level) ? level : 'INFO',
    logger,
    ...splitCode(message),
    ...(typeof trace === 'string' && trace !== '' ? { trace: trace.trimEnd() } : {}),
  };
}

function isLevel(level: unknown): level is BrokerLogLevel {
  return typeof level === 'string' && LEVELS.includes(level);
}

function splitCode(text: string): { code?: string; message: string } {
  const [, code, message] = /^(AMQ\d{6}): ([^]*)$/.exec(text) ?? [];
  return code === undefined || message === undefined ? { message: text } : { code, message };
}
