import { editRpcUsers, type UserEdit } from './edit-rpc-users';

const hash = (byte: string): string => `ENC(200000:${byte.repeat(32)}:${'AB'.repeat(20)})`;
const [OLD, NEW] = [hash('07'), hash('08')];
const FILE = `# who may use RPC
users:
  # the desk in Zurich
  - name: alice # until June
    passwordHash: ${OLD}
  - { name: "bob", passwordHash: "${OLD}" }

  # reporting
  - passwordHash: ${OLD}
    name: carol

# the end
`;
const edited = (edit: UserEdit, text: string | undefined = FILE): string => editRpcUsers('/n/users.yaml', text, edit);
const thrownBy = (edit: UserEdit, text = FILE): unknown => {
  try {
    return edited(edit, text);
  } catch (error) {
    return error;
  }
};

test('a new user comes last, and all else stays as it was written', () => {
  const after = edited({ kind: 'add', name: 'Zoë', passwordHash: NEW });
  expect(after).toBe(FILE.replace('    name: carol\n', `    name: carol\n  - name: Zoë\n    passwordHash: ${NEW}\n`));
});

test.each([undefined, 'users: []\n'])('the first user, to %j', (text) => {
  expect(editRpcUsers('/n/users.yaml', text, { kind: 'add', name: 'alice', passwordHash: NEW })).toBe(
    `users:\n  - name: alice\n    passwordHash: ${NEW}\n`,
  );
});

test('another password changes that line alone', () => {
  expect(edited({ kind: 'passwd', name: 'carol', passwordHash: NEW })).toBe(
    FILE.replace(`- passwordHash: ${OLD}`, `- passwordHash: ${NEW}`),
  );
  expect(edited({ kind: 'passwd', name: 'bob', passwordHash: NEW })).toBe(
    FILE.replace(`"bob", passwordHash: "${OLD}"`, `"bob", passwordHash: "${NEW}"`),
  );
});

test('who is removed is gone, the others and their comments stay', () => {
  expect(edited({ kind: 'remove', name: 'bob' })).toBe(
    FILE.replace(`  - { name: "bob", passwordHash: "${OLD}" }\n`, ''),
  );
});

test('of the last one an empty list is left', () => {
  const one = edited({ kind: 'add', name: 'alice', passwordHash: NEW }, 'users: []\n');
  expect(edited({ kind: 'remove', name: 'alice' }, one)).toBe('users: []\n');
});

test.each<[UserEdit, string]>([
  [{ kind: 'add', name: 'alice', passwordHash: NEW }, 'USER_EXISTS'],
  [{ kind: 'passwd', name: 'Alice', passwordHash: NEW }, 'USER_UNKNOWN'],
  [{ kind: 'remove', name: 'dave' }, 'USER_UNKNOWN'],
  [{ kind: 'add', name: 'a.b', passwordHash: NEW }, 'USER_NAME_INVALID'],
  [{ kind: 'add', name: 'SystemUsers/Node', passwordHash: NEW }, 'USER_NAME_INVALID'],
  [{ kind: 'add', name: '#', passwordHash: NEW }, 'USER_NAME_INVALID'],
  [{ kind: 'add', name: '', passwordHash: NEW }, 'USER_NAME_INVALID'],
  [{ kind: 'add', name: 'dave', passwordHash: 'hunter2' }, 'CONFIG_INVALID'],
])('%j is refused: %s', (edit, code) => {
  expect(thrownBy(edit)).toMatchObject({ code });
});

test('a file that is wrong is not touched', () => {
  expect(thrownBy({ kind: 'remove', name: 'alice' }, `${FILE}more: 1\n`)).toMatchObject({ code: 'CONFIG_INVALID' });
  expect(thrownBy({ kind: 'remove', name: 'alice' }, 'users: [')).toMatchObject({ code: 'CONFIG_SYNTAX' });
});
