import fc from 'fast-check';
import { fieldsOf, withNumbers } from './message-body';

const replaced = (json: string): string => String(withNumbers(Buffer.from(json), { creditor_id: '-12', other: '34' }));

test.each<[string, string, string]>([
  ['a field', '{"creditor_id":5,"a":5}', '{"creditor_id":-12,"a":5}'],
  ['white space', ' {\n"a" : 1 ,\t"creditor_id"\r\n:\t5 } ', ' {\n"a" : 1 ,\t"creditor_id"\r\n:\t-12 } '],
  [
    'two fields, the shorter one first',
    '{"other":9223372036854775807,"creditor_id":0}',
    '{"other":34,"creditor_id":-12}',
  ],
  ['a name that is written otherwise', '{"creditor\\u005fid":5}', '{"creditor\\u005fid":-12}'],
  ['the same field twice', '{"creditor_id":5,"creditor_id":5}', '{"creditor_id":-12,"creditor_id":-12}'],
  [
    'one further down',
    '{"a":{"creditor_id":5},"b":[{"creditor_id":5}]}',
    '{"a":{"creditor_id":5},"b":[{"creditor_id":5}]}',
  ],
  [
    'a text that looks like it',
    '{"a":"creditor_id","b":"\\"creditor_id\\":5,{[","creditor_id":5}',
    '{"a":"creditor_id","b":"\\"creditor_id\\":5,{[","creditor_id":-12}',
  ],
  ['a text that ends in a backslash', '{"a":"\\\\","creditor_id":5}', '{"a":"\\\\","creditor_id":-12}'],
  ['letters beyond ASCII', '{"ü😀":"ü😀","creditor_id":5,"z":"ü"}', '{"ü😀":"ü😀","creditor_id":-12,"z":"ü"}'],
  [
    'numbers of any size',
    '{"a":1e400,"creditor_id":-5,"b":12345678901234567890}',
    '{"a":1e400,"creditor_id":-12,"b":12345678901234567890}',
  ],
])('only the number changes: %s', (_, before, after) => {
  expect(replaced(before)).toBe(after);
});

test('where nothing is to change it is the very same', () => {
  const body = Buffer.from('{"creditor_id":5}');
  expect(withNumbers(body, {})).toBe(body);
});

test('whatever else is in it, the number is the new one and every other field as before', () => {
  const name = fc.oneof(fc.string(), fc.constantFrom('creditor_id', 'other', '{', '"', '\\'));
  const content = fc.dictionary(name, fc.oneof(fc.jsonValue(), fc.dictionary(name, fc.jsonValue())));
  fc.assert(
    fc.property(
      content,
      fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
      fc.constantFrom('', ' ', '\n\t'),
      (found, id, space) => {
        const parts = [
          ...Object.entries(found)
            .filter(([key]) => key !== 'creditor_id')
            .map(([key, value]) => [key, JSON.stringify(value)]),
          ['creditor_id', '5'],
        ];
        const json = (number: string): string =>
          `{${parts.map(([key = '', value = '']) => `${JSON.stringify(key)}${space}:${key === 'creditor_id' ? number : value}`).join(`${space},`)}}`;
        expect(String(withNumbers(Buffer.from(json('5')), { creditor_id: String(id) }))).toBe(json(String(id)));
      },
    ),
  );
});

test.each([
  ['a byte order mark', Buffer.from('\ufeff{}')],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
  ['a field that says two things', Buffer.from('{"a":1,"a":2}')],
])('not read: %s', (_, body) => {
  expect(fieldsOf(body)).toBe('it is not JSON in UTF-8');
});
