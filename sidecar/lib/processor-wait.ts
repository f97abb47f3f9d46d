import { readFileSync } from 'node:fs';

const SCHEDULED = '/proc/self/schedstat';
const NANOSECONDS = 1_000_000;

/**
 * How long the main thread was ready to run and had no processor, milliseconds since the process began; undefined where
 * the system does not tell (only Linux does).
 */
export function waitedForProcessor(file = SCHEDULED): number | undefined {
  try {
    const [, waited] = readFileSync(file, 'latin1').split(' ').map(Number);
    return waited === undefined || Number.isNaN(waited) ? undefined : waited / NANOSECONDS;
  } catch {
    return undefined;
  }
}
