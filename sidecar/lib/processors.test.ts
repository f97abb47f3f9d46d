import { readFileSync } from 'node:fs';
import { systemProcessors } from './processors';

const onLinux = process.platform === 'linux' ? test : test.skip;
/** The system counts in hundredths of a second. */
const TICK_MS = 10;

onLinux('it is as the system counts it [needs Linux]', () => {
  const before = systemProcessors.idledMs();
  const lines = readFileSync('/proc/stat', 'utf8').match(/^cpu\d+ .*/gm) ?? [];
  const after = systemProcessors.idledMs();
  const idled = lines.reduce((sum, line) => sum + Number(line.split(' ')[4]) * TICK_MS, 0);
  expect(systemProcessors.count).toBe(lines.length);
  expect(idled).toBeGreaterThanOrEqual(before);
  expect(idled).toBeLessThanOrEqual(after);
  expect(idled).toBeGreaterThan(0);
});
