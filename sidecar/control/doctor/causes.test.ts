import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../lib/package-root';
import { diagnoses } from './diagnoses';

const root = packageRoot();
const page = join(root, 'docs/doctor.md');

test('every diagnosis has its own id and comes after those that it needs; every cause is named by one', () => {
  const ids = diagnoses.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const [index, { id, needs }] of diagnoses.entries())
    expect({ id, late: needs.filter((need) => !ids.slice(0, index).includes(need)) }).toEqual({ id, late: [] });
  const causes = diagnoses.flatMap((one) => Object.keys(one.causes));
  expect(new Set(causes).size).toBe(causes.length);
});

test('every cause is made for real by a test', () => {
  const folders = [__dirname, join(root, 'test/integration')];
  const tests = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.test.ts') && (folder === __dirname || name.startsWith('doctor')))
      .map((name) => readFileSync(join(folder, name), 'utf8')),
  );
  const causes = diagnoses.flatMap((one) => Object.keys(one.causes));
  expect(causes.filter((cause) => !tests.some((text) => text.includes(`'${cause}'`)))).toEqual([]);
});

test('docs/doctor.md has every diagnosis and cause, in the words of the code', () => {
  const rows = diagnoses.flatMap(({ id, looksAt, causes }) => [
    `| **${id}** | ${looksAt} |`,
    ...Object.entries(causes).map(([cause, words]) => `| \`${cause}\` | ${words} |`),
  ]);
  const lines = readFileSync(page, 'utf8')
    .split('\n')
    .map((line) => line.replace(/ {2,}/g, ' '));
  expect(lines.filter((line) => /^\| (\*\*|`)/.test(line))).toEqual(rows);
});
