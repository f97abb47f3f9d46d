import { ConfigError } from '../config/config-error';
import { asError, causeOf, messageOf, NetmapError } from '../lib/errors';
import { printable } from '../lib/log-text';

/** Standard output or standard error. */
export interface TextStream {
  write(text: string): unknown;
}

/**
 * What a command shows its user. In text, results go to standard output, notes and errors to standard error; with
 * `--json`, standard output has JSON only, one value a line: results, or `{"error": …}` in their place.
 */
export interface Output {
  readonly json: boolean;
  /** The result of a command: `value` with `--json`, else the text that `text` makes of it. */
  result<Value>(value: Value, text: (value: Value) => string): void;
  /** A remark to a person; nothing with `--json`. */
  note(text: string): void;
  error(error: unknown): void;
}

export function createOutput(streams: { stdout: TextStream; stderr: TextStream }, json: boolean): Output {
  const { stdout, stderr } = streams;
  return {
    json,
    result(value, text) {
      stdout.write(json ? `${JSON.stringify(value, jsonValue)}\n` : ended(text(value)));
    },
    note(text) {
      if (!json) stderr.write(ended(text));
    },
    error(error) {
      if (json) stdout.write(`${JSON.stringify({ error: errorJson(error) })}\n`);
      else stderr.write(ended(errorText(error)));
    },
  };
}

/** Columns lined up, two spaces between them; cells may hold what peers sent, so controls are escaped. */
export function table(header: readonly string[], rows: readonly (readonly (string | number | boolean)[])[]): string {
  const cells = [header, ...rows].map((row) => row.map((cell) => printable(String(cell))));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => widthOf(row[column] ?? ''))));
  const pad = (text: string, width = 0): string => text + ' '.repeat(Math.max(0, width - widthOf(text)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => pad(cell, widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

function widthOf(text: string): number {
  return Array.from(graphemes.segment(text)).length;
}

/** An error in several lines: what is wrong and where, why, what to do. */
export function errorText(error: unknown): string {
  const lines = [`error: ${messageText(error)}`];
  if (error instanceof NetmapError) {
    if (error.remedy !== undefined) lines.push(`  to do: ${printable(error.remedy)}`);
    lines.push(`  code:  ${error.code}`);
  } else {
    const stack = asError(error)?.stack;
    if (stack !== undefined)
      lines.push('  this is a fault of netmap itself; please report it with these lines:', indented(stack));
  }
  lines.push(...causesOf(error).map((cause) => `  cause: ${messageText(cause)}`));
  return lines.join('\n');
}

function errorJson(error: unknown): object {
  const known = error instanceof NetmapError ? (error as NetmapError) : undefined;
  return {
    code: known?.code ?? 'INTERNAL',
    message: messageOf(error),
    remedy: known?.remedy,
    ...(error instanceof ConfigError && error.problems.length > 0 ? { problems: error.problems } : {}),
    causes: causesOf(error).map((cause) => ({
      code: cause instanceof NetmapError ? (cause as NetmapError).code : undefined,
      message: messageOf(cause),
    })),
  };
}

/** Causes of causes may run in a circle. */
const MAX_CAUSES = 8;

function causesOf(error: unknown): unknown[] {
  const causes: unknown[] = [];
  let cause = causeOf(error);
  while (cause !== undefined && causes.length < MAX_CAUSES) {
    causes.push(cause);
    cause = causeOf(cause);
  }
  return causes;
}

function messageText(error: unknown): string {
  return messageOf(error).split('\n').map(printable).join('\n  ');
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `    ${printable(line)}`)
    .join('\n');
}

function ended(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}

function jsonValue(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
