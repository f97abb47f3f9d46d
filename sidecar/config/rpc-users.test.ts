import { ConfigError } from './config-error';
import { parseRpcUsers, rpcUserNameFault } from './rpc-users';

const HASH = `ENC(200000:${'07'.repeat(32)}:${'AB'.repeat(20)})`;

function problemsOf(text: string): string {
  try {
    parseRpcUsers('/n/users.yaml', text);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

test('reads users', () => {
  const text = `users:\n  - { name: alice, passwordHash: "${HASH}" }\n  - { name: Zoë~ops@x, passwordHash: "${HASH}" }\n`;
  expect(parseRpcUsers('/n/users.yaml', text)).toEqual([
    { name: 'alice', passwordHash: HASH },
    { name: 'Zoë~ops@x', passwordHash: HASH },
  ]);
  expect(parseRpcUsers('/n/users.yaml', 'users: []')).toEqual([]);
});

test.each([
  '',
  'SystemUsers/Node',
  'a.b',
  'a#',
  '*',
  'a:b',
  'a b',
  'a=b',
  'a+b',
  'a,b',
  'a/b',
  'a\\b',
  'a\nb',
  'a\u0000',
  'a\u200bb',
  '%n',
  'e\u0301',
  'x'.repeat(129),
])('refuses the name %j', (name) => {
  expect(rpcUserNameFault(name)).toEqual(expect.any(String));
  expect(problemsOf(JSON.stringify({ users: [{ name, passwordHash: HASH }] }))).toContain('users[0].name');
});

test('reports each bad user at its line', () => {
  const text = `users:
  - { name: alice, passwordHash: "${HASH}" }
  - { name: alice, passwordHash: hunter2 }
  - { name: bob, passwordHsh: hunter2 }
`;
  const message = problemsOf(text);
  expect(message).toContain('/n/users.yaml:3:34: users[1].passwordHash: is not of the right form');
  expect(message).toContain('/n/users.yaml:4:5: users[2].passwordHash: is missing');
  expect(message).toContain(
    '/n/users.yaml:4:18: users[2].passwordHsh: is not a known setting; did you mean "passwordHash"?',
  );
  expect(message).not.toContain('hunter2');
});

test('refuses a name twice', () => {
  const user = { name: 'alice', passwordHash: HASH };
  expect(problemsOf(JSON.stringify({ users: [user, user] }))).toContain('users[1].name: is there twice');
});

test.each([999, 5_000_001])('refuses %d iterations', (iterations) => {
  const passwordHash = HASH.replace('200000', String(iterations));
  expect(problemsOf(JSON.stringify({ users: [{ name: 'alice', passwordHash }] }))).toContain('iterations');
});
