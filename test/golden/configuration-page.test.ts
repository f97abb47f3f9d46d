import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { parseConfig } from '../../sidecar/config/load-config';
import { configurationPage, PAGE, settings } from './configuration-page';

const docs = dirname(PAGE);

test('docs/configuration.md is what the schema says; UPDATE_GOLDEN=1 writes it anew', () => {
  const found = configurationPage();
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(PAGE, found);
  else expect(readFileSync(PAGE, 'utf8')).toBe(found);
});

test('every setting says itself what it does', () => {
  expect(settings().length).toBeGreaterThan(60);
  const silent = settings().filter(({ description = '' }) => !/^[A-Za-z].{8,}\.$/.test(description));
  expect(silent.map(({ path }) => path)).toEqual([]);
});

test('numbers of seconds, milliseconds and bytes say so', () => {
  const units = settings().map(({ path, schema }) => ({ path, unit: schema.unit }));
  const wrong = units.filter(({ path, unit }) => unit !== unitOf(path));
  expect(wrong).toEqual([]);
});

function unitOf(path: string): string | undefined {
  if (/Seconds$/.test(path)) return 'seconds';
  if (/(Milliseconds|Ms)$/.test(path)) return 'milliseconds';
  return /Size$/.test(path) ? 'bytes' : undefined;
}

interface Example {
  readonly page: string;
  readonly text: string;
}

/** Blocks of YAML that have nothing but sections of the configuration. */
const names = new Set(settings().map(({ path }) => /^[A-Za-z]+/.exec(path)?.[0]));
const examples: readonly Example[] = readdirSync(docs)
  .filter((name) => name.endsWith('.md'))
  .flatMap((page) => {
    const blocks = readFileSync(join(docs, page), 'utf8').matchAll(/^```yaml\n(.*?)^```/gms);
    return Array.from(blocks, ([, text = '']) => ({ page, text }));
  })
  .filter(({ text }) => {
    const value: unknown = parse(text);
    return typeof value === 'object' && value !== null && Object.keys(value).every((name) => names.has(name));
  });

test('there are examples, on this page and others', () => {
  expect(examples.filter(({ page }) => page === 'configuration.md').length).toBeGreaterThanOrEqual(2);
  expect(new Set(examples.map(({ page }) => page)).size).toBeGreaterThan(1);
});

test.each(examples)('$page: $text', ({ text }) => {
  const given = parse(text) as Record<string, unknown>;
  const rest = {
    node: { nodeInfo: 'own' },
    certificates: { key: { file: 'key' }, chain: 'chain', roots: 'roots' },
    sources: [{ directory: { path: 'map' } }],
  };
  const whole = 'node' in given ? text : JSON.stringify({ ...rest, ...given });
  expect(() => parseConfig('/n/netmap.yaml', whole)).not.toThrow();
});
