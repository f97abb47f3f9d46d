import * as fc from 'fast-check';
import { escapePropertiesKey, escapePropertiesValue } from './properties';

/** Reads one logical line as java.util.Properties does. */
function load(line: string): [string, string] {
  const match = /^[ \t\f]*((?:[^\\=: \t\f]|\\.)*)[ \t\f]*[=:]?[ \t\f]*(.*)$/s.exec(line);
  const unescape = (text = ''): string =>
    text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, hex: string | undefined, other: string) =>
      hex === undefined
        ? ({ t: '\t', n: '\n', f: '\f', r: '\r' }[other] ?? other)
        : String.fromCharCode(parseInt(hex, 16)),
    );
  return [unescape(match?.[1]), unescape(match?.[2])];
}

describe('escaping for .properties files', () => {
  it.each([
    ['O=Bob Plc, L=Rome, C=IT', 'O\\=Bob\\ Plc,\\ L\\=Rome,\\ C\\=IT', 'O\\=Bob Plc, L\\=Rome, C\\=IT'],
    ['  a', '\\ \\ a', '\\ \\ a'],
    ['#!:\\', '\\#\\!\\:\\\\', '\\#\\!\\:\\\\'],
    ['Söhne\n😀', 'S\\u00F6hne\\n\\uD83D\\uDE00', 'S\\u00F6hne\\n\\uD83D\\uDE00'],
    ['\0', '\\u0000', '\\u0000'],
  ])('writes %j', (text, key, value) => {
    expect(escapePropertiesKey(text)).toBe(key);
    expect(escapePropertiesValue(text)).toBe(value);
  });

  it('is read back as it was, whatever the text, from pure printable ASCII', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, text, (key, value) => {
        const line = `${escapePropertiesKey(key)}=${escapePropertiesValue(value)}`;
        expect(line).toMatch(/^[ -~]*$/);
        expect(load(line)).toEqual([key, value]);
      }),
    );
  });
});
