import { styleText } from 'node:util';

export interface LogTextOptions {
  readonly colour: boolean;
}

type Style = Parameters<typeof styleText>[0];

const LEVEL_STYLES: Readonly<Record<string, Style>> = { trace: 'gray', debug: 'gray', warn: 'yellow', error: 'red' };

/**
 * A record for people, from one line of JSON: `TIME LEVEL [COMPONENT] MESSAGE name=value …`. Control characters are
 * escaped, so that what a peer sent can neither forge a line nor steer the terminal; a line that is no JSON stays.
 */
export function formatLogLine(line: string, options: LogTextOptions): string {
  const record = parse(line);
  if (record === undefined) return line;
  const { time, level, component, message, ...fields } = record;
  const word = text(level);
  const style = options.colour ? LEVEL_STYLES[word] : undefined;
  const shown = word.toUpperCase().padEnd(5);
  const parts = [
    text(time),
    style === undefined ? shown : styleText(style, shown, { validateStream: false }),
    ...(component === undefined ? [] : [`[${text(component)}]`]),
    text(message),
    ...Object.entries(fields).map(([name, value]) => `${printable(name)}=${valueText(value)}`),
  ];
  return `${parts.join(' ')}\n`;
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function valueText(value: unknown): string {
  if (typeof value !== 'string') return printable(JSON.stringify(value));
  return /^[^\s"=]+$/.test(value) ? printable(value) : printable(JSON.stringify(value));
}

function text(value: unknown): string {
  return typeof value === 'string' ? printable(value) : value === undefined ? '' : printable(JSON.stringify(value));
}

/** C0 and C1 controls, and the Unicode marks that end lines or turn the direction of text. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** The same text with all that could steer a terminal written as \uXXXX. */
export function printable(value: string): string {
  return value.replace(UNPRINTABLE, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
