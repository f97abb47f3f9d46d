import { AuthorityError } from './authority-error';
import { parseStompToml } from './stomp-toml';

const minimal = 'servers = ["127.0.0.1:24110"]\nhost = "/"\ndestination = "/exchange/accounts_in"\n';
const read = (text: string) => parseStompToml(text, '1234abcd', 'peer/stomp.toml');

test('what the reference scripts write is read', () => {
  expect(read(minimal)).toEqual({
    servers: [{ host: '127.0.0.1', port: 24_110 }],
    host: '/',
    destination: '/exchange/accounts_in',
    acceptedContentTypes: ['application/json'],
  });
});

test('everything that the specification describes is read, the own ID put in place but in the passcode', () => {
  const text = `
# who we are
servers = [
  "one.example.com:1234", # twice as often
  "one.example.com:1234",
  "[2001:db8::1]:2345",
]
host = "/\${NODE_ID}/\${NODE_ID}"
destination = "/exchange/\${NODE_ID}"
login = "node-\${NODE_ID}"
passcode = 'a "b" \${NODE_ID}'
accepted-content-types = ["application/msgpack"]
not-described-here = 99999999999999999999
[more]
at = 2026-11-21
`;
  expect(read(text)).toEqual({
    servers: [
      { host: 'one.example.com', port: 1234 },
      { host: 'one.example.com', port: 1234 },
      { host: '2001:db8::1', port: 2345 },
    ],
    host: '/1234abcd/1234abcd',
    destination: '/exchange/1234abcd',
    login: 'node-1234abcd',
    passcode: 'a "b" ${NODE_ID}',
    acceptedContentTypes: ['application/msgpack', 'application/json'],
  });
});

test.each([
  ['it is not TOML (line 1, column 12)', 'servers = [,]'],
  ['"servers" is not a list', minimal.replace(/servers.*/, '')],
  ['"servers" is empty', minimal.replace('["127.0.0.1:24110"]', '[]')],
  ['"servers": "a:0" is not', minimal.replace('127.0.0.1:24110', 'a:0')],
  ['"servers": "a:65536" is not', minimal.replace('127.0.0.1:24110', 'a:65536')],
  ['"servers": "-a:1" is not', minimal.replace('127.0.0.1:24110', '-a:1')],
  ['"servers": "a..b:1" is not', minimal.replace('127.0.0.1:24110', 'a..b:1')],
  ['"servers": "a b:1" is not', minimal.replace('127.0.0.1:24110', 'a b:1')],
  ['"servers": "::1:1" is not', minimal.replace('127.0.0.1:24110', '::1:1')],
  ['"servers": 7 is not', minimal.replace('"127.0.0.1:24110"', '7')],
  ['"host" is missing', minimal.replace(/host.*/, '')],
  ['"host" is not a text', minimal.replace('"/"', '1')],
  ['"destination" is missing', minimal.replace(/destination.*/, '')],
  ['"destination" is empty', minimal.replace('"/exchange/accounts_in"', '""')],
  ['"destination" holds a line end', minimal.replace('accounts_in', 'a\\nlogin:b')],
  ['"login" is not a text', `${minimal}login = true`],
  ['"passcode" has more than 500', `${minimal}passcode = "${'x'.repeat(501)}"`],
  ['"accepted-content-types" is not a list', `${minimal}accepted-content-types = "text/plain"`],
  ['"accepted-content-types" is not a list', `${minimal}accepted-content-types = [1]`],
  ['it has more than', `${minimal}# ${'x'.repeat(70_000)}`],
  ['it is not TOML', `${minimal}x = ${'['.repeat(5000)}`],
])('refused: %s', (why, text) => {
  expect(() => read(text)).toThrow(AuthorityError);
  expect(() => read(text)).toThrow(`peer/stomp.toml: ${why}`);
});

test('names that JavaScript gives a meaning to stand for nothing', () => {
  expect(() => read(`[__proto__]\n${minimal}`)).toThrow('"servers" is not a list');
});
