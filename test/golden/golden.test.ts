import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadBaseSettings } from '../../sidecar/config/base-settings';
import type { BaseSettings } from '../../sidecar/lib/base-settings';
import { parseInput } from './dialect';
import { output } from './show';

/**
 * One file a case: the input, a line of dashes, what is expected. `UPDATE_GOLDEN=1` writes what comes out in place of
 * what is expected; read the difference before it is committed.
 */
const DASHES = '\n----------\n';
const cases = readdirSync(__dirname).filter((name) => name.endsWith('.txt'));
const update = process.env['UPDATE_GOLDEN'] === '1';

let base: BaseSettings;
beforeAll(async () => {
  base = await loadBaseSettings();
});

test('there are cases enough to prove plan and render', () => {
  expect(cases.length).toBeGreaterThanOrEqual(60);
});

test.each(cases)('%s', (name) => {
  const file = join(__dirname, name);
  const text = readFileSync(file, 'utf8');
  const [input = '', expected] = text.split(DASHES);
  const found = output(parseInput(input), base);
  if (update) writeFileSync(file, `${input.trimEnd()}${DASHES}${found}`);
  else expect(found).toBe(expected);
});
