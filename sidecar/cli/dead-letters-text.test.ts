import type { DeadLetter } from '../control/dead-letters/dead-letter';
import { checkMeant, since } from './dead-letters-options';
import { countsText, entriesText, letterJson, letterText, named } from './dead-letters-text';

const DIED = Date.parse('2026-02-28T12:00:00Z');
const letter: DeadLetter = {
  id: '214',
  queue: 'dead-letters',
  cause: 'rejected',
  reason: 'no such\norder',
  direction: 'in',
  peer: 'DLB',
  diedAt: DIED,
  attempts: 3,
  origin: 'p2p.inbound.DLMe.from.DLB',
  originQueue: 'p2p.inbound.DLMe',
  topic: 'orders',
  properties: { mine: 'x\u001b[31m' },
  body: Buffer.from('hello\n\u001b[31mred'),
};
const nameOf = async (id: string): Promise<string | undefined> => (id === 'DLB' ? 'O=B, L=Paris, C=FR' : undefined);

test('counts are shown by the names of the map, and by id where it has none', async () => {
  const counts = await named(
    [
      { direction: 'in', peer: 'DLB', cause: 'rejected', count: 12, oldest: DIED },
      { direction: 'out', peer: 'DLgone', cause: 'unroutable', count: 1 },
      { direction: 'unknown', cause: 'unknown', count: 1 },
    ] as const,
    nameOf,
  );
  expect(countsText(counts, DIED + 60_000)).toBe(
    [
      'count  way      peer                cause       oldest',
      '12     in       O=B, L=Paris, C=FR  rejected    60 s ago',
      '1      out      DLgone              unroutable',
      '1      unknown  -                   unknown',
      '14 in all',
    ].join('\n'),
  );
  expect(countsText([], DIED)).toBe('no dead letters');
});

test('entries are shown a page at a time', () => {
  const text = entriesText([letter], 7, 2);
  expect(text).toContain('214  2026-02-28T12:00:00.000Z  in   DLB   rejected  3');
  expect(text).toContain('\n3 to 3 of 7; more: --skip 3');
  expect(entriesText([letter], 3, 2)).toMatch(/\n3 to 3 of 3$/);
});

test('what a sender wrote cannot write to the terminal', () => {
  const text = letterText(letter);
  expect(text).not.toContain('\u001b');
  expect(text).toMatch(/^reason {4}no such\\/m);
  expect(text).toContain('hello\n');
});

test('a body that is no text is base64', () => {
  const binary = { ...letter, body: Buffer.from([0xff, 0x00]) };
  expect(letterText(binary)).toMatch(/\n\n\/wA=$/);
  expect(letterJson(binary, true)).toMatchObject({ bodyBase64: '/wA=', bytes: 2, diedAt: '2026-02-28T12:00:00.000Z' });
  expect(letterJson(letter, false)).not.toHaveProperty('body');
});

test('a time is written as such, or as how long ago', () => {
  expect([since('90m'), since('2d'), since('2026-02-28T12:00:00Z')]).toEqual([
    { agoMs: 5_400_000 },
    { agoMs: 172_800_000 },
    { at: DIED },
  ]);
  for (const text of ['', 'yesterday', '5', '-5m', '12']) expect(() => since(text)).toThrow('write a time');
});

test.each([
  [undefined, {}],
  ['214', { cause: 'rejected' }],
  ['214', { all: true }],
  [undefined, { all: true, topic: 'x' }],
] as const)('%s with %j does not say which are meant', (id, options) => {
  expect(() => checkMeant(id, { all: false, dryRun: false, ...options }, 'drop')).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID' }) as Error,
  );
});

test.each([
  ['214', {}],
  [undefined, { all: true }],
  [undefined, { topic: 'x' }],
] as const)('%s with %j says which are meant', (id, options) => {
  expect(() => checkMeant(id, { all: false, dryRun: false, ...options }, 'drop')).not.toThrow();
});
