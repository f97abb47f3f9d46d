import { cpus, totalmem } from 'node:os';
import { isMet, type Figure } from './figures';

export interface PartReport {
  readonly part: string;
  readonly seconds: number;
  readonly figures: readonly Figure[];
  /** Why it did not come to its end; then `figures` are those until then. */
  readonly error?: string;
}

export interface BenchReport {
  readonly date: string;
  readonly machine: {
    readonly processors: number;
    readonly model: string;
    readonly memoryGiB: number;
    readonly node: string;
  };
  readonly parts: readonly PartReport[];
}

export function benchReport(date: Date, parts: readonly PartReport[]): BenchReport {
  const processors = cpus();
  return {
    date: date.toISOString(),
    machine: {
      processors: processors.length,
      model: processors[0]?.model ?? 'unknown',
      memoryGiB: Math.round(totalmem() / 1024 ** 3),
      node: process.version,
    },
    parts,
  };
}

const HEAD = ['part', 'figure', 'median', 'min', 'max', 'of', 'unit', 'aim'];

/** The figures of each part as a table of text. */
export function table(parts: readonly PartReport[]): string {
  const rows = parts.flatMap(({ part, figures, error }) => [
    ...figures.map((figure) => [part, ...cells(figure)]),
    ...(error === undefined ? [] : [[part, `FAILED: ${error}`]]),
  ]);
  const all = [HEAD, ...rows];
  // A reason is longer than any column; it ends its line.
  const wide = all.filter((row) => row.length === HEAD.length);
  const widths = HEAD.map((_, column) => Math.max(...wide.map((row) => row[column]?.length ?? 0)));
  return all.map((row) => `${line(row, widths).trimEnd()}\n`).join('');
}

function line(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((cell, column) =>
      column >= 2 && column <= 5 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
    )
    .join('  ');
}

function cells(figure: Figure): string[] {
  const { name, unit, value, min, max, count } = figure;
  const several = count > 1;
  return [
    name,
    digits(value),
    several ? digits(min) : '',
    several ? digits(max) : '',
    several ? String(count) : '',
    unit,
    aimText(figure),
  ];
}

function aimText(figure: Figure): string {
  const met = isMet(figure);
  if (met === undefined) return '';
  const { atMost, atLeast } = figure.aim ?? {};
  const limit = atMost === undefined ? `>= ${digits(atLeast ?? 0)}` : `<= ${digits(atMost)}`;
  return `${limit} ${met ? 'met' : 'MISSED'}`;
}

/** Three significant digits, more before the point. */
export function digits(value: number): string {
  if (value === 0 || Number.isInteger(value)) return value.toLocaleString('en-US');
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return value.toPrecision(3);
}
