import { adler32, jaasAdler32, parseProperties } from './adler';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

it.each([
  ['', 1],
  ['a', 0x00620062],
  ['Wikipedia', 0x11e60398],
])('sums %j as RFC 1950 says', (text, sum) => {
  expect(adler32(bytes(text))).toBe(sum);
});

it('stays exact over many bytes of the highest value', () => {
  expect(adler32(new Uint8Array(1_000_000).fill(255))).toBe(expectedSum(1_000_000, 255));
});

it('sums the entries of a JAAS file as the broker does', () => {
  // Seen on a broker.
  expect(jaasAdler32(bytes('admin=secret\nnobody=secret\n'))).toBe(2185103899);
  expect(jaasAdler32(bytes('admin=admin\nguest=nobody\n'))).toBe(1834944832);
  expect(jaasAdler32(bytes('# who\n\n  admin : secret\nnobody secret'))).toBe(2185103899);
});

it('reads Java properties', () => {
  const text = [
    '# comment',
    '! comment',
    'plain=value',
    '  indented : value with spaces ',
    'O\\=Party\\ B,\\ L\\=London = user\\u00e4',
    'long = one \\',
    '   two',
    'tab\\tkey=line\\nend',
    'even=backslash\\\\',
    'nothing',
    'empty=',
    'twice=1',
    'twice=2',
    'windows=yes\r',
    'open=at the end\\',
  ].join('\n');
  expect(parseProperties(text)).toEqual([
    ['plain', 'value'],
    ['indented', 'value with spaces '],
    ['O=Party B, L=London', 'userä'],
    ['long', 'one two'],
    ['tab\tkey', 'line\nend'],
    ['even', 'backslash\\'],
    ['nothing', ''],
    ['empty', ''],
    ['twice', '1'],
    ['twice', '2'],
    ['windows', 'yes'],
    ['open', 'at the end'],
  ]);
});

/** The definition, with integers of any size. */
function expectedSum(count: number, value: number): number {
  const n = BigInt(count);
  const v = BigInt(value);
  const low = (1n + n * v) % 65_521n;
  const high = (n + (v * n * (n + 1n)) / 2n) % 65_521n;
  return Number(high * 65_536n + low);
}
