import type { DemoStep } from '../control/demo/run-demo';
import { printable } from '../lib/log-text';

/** A line for the step, and below it a line each for what was seen. */
export function stepText({ title, tookMs, lines }: DemoStep): string {
  const seconds = `${(tookMs / 1000).toFixed(1)} s`;
  return [`✓ ${title}  (${seconds})`, ...lines.map((line) => `    ${printable(line)}`)].join('\n');
}
