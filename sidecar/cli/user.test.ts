import { chmod, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { parseRpcUsers } from '../config/rpc-users';
import { verifyPassword } from '../config/password-hash';
import { ManualClock } from '../lib/clock';
import { EXIT } from './exit-codes';
import { runCli } from './main';
import type { CliIo } from './process-io';

const CONFIG = `
node: { nodeInfo: ./node-info.json }
certificates: { key: { file: ./key.pem }, chain: ./chain.pem, roots: ./roots.pem }
sources: [{ directory: { path: ./map } }]
broker: { mode: embedded, instance: ./broker }
rpc: { users: ./users.yaml }
state: ./state
`;

let folder: string;
let users: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-user-'));
  users = join(folder, 'users.yaml');
  await writeFile(join(folder, 'netmap.yaml'), CONFIG);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A terminal at which `typed` is typed, or standard input that is a pipe. */
async function cli(args: string[], input: { typed?: string[]; piped?: string } = {}) {
  const shown = { out: '', err: '' };
  const raw: boolean[] = [];
  const stdin = Object.assign(Readable.from((input.typed ?? [input.piped ?? '']).map((text) => Buffer.from(text))), {
    isTTY: input.typed !== undefined,
    setRawMode: (on: boolean) => raw.push(on),
  });
  const io: CliIo = {
    stdout: { write: (text) => (shown.out += text) },
    stderr: { write: (text) => (shown.err += text) },
    stdin,
    environment: {},
    clock: new ManualClock(),
    onInterrupt: () => () => undefined,
  };
  const exit = await runCli([...args, '--config', join(folder, 'netmap.yaml')], io);
  return { exit, raw, ...shown };
}

async function hashOf(name: string): Promise<string> {
  const found = parseRpcUsers(users, await readFile(users, 'utf8')).find((user) => user.name === name);
  return found?.passwordHash ?? '';
}

test('a user is added by standard input, listed, gets another password, and is removed', async () => {
  const added = await cli(['user', 'add', 'alice'], { piped: 'first one\n' });
  expect(added).toMatchObject({ exit: EXIT.ok, out: 'alice: added\n' });
  expect(await verifyPassword('first one', await hashOf('alice'))).toBe(true);
  expect((await stat(users)).mode & 0o777).toBe(0o600);
  expect((await cli(['user', 'list'])).out).toBe('alice\n');

  expect(await cli(['user', 'passwd', 'alice'], { piped: 'second' })).toMatchObject({ exit: EXIT.ok });
  expect(await verifyPassword('second', await hashOf('alice'))).toBe(true);
  expect(await verifyPassword('first one', await hashOf('alice'))).toBe(false);

  const removed = await cli(['user', 'remove', 'alice', '--json']);
  expect(JSON.parse(removed.out)).toEqual({ user: 'alice', outcome: 'remove', file: users });
  expect((await cli(['user', 'list'])).out).toBe('no RPC users\n');
});

test('at a terminal the password is typed twice, and nothing of it is shown', async () => {
  const { exit, err, out, raw } = await cli(['user', 'add', 'alice'], { typed: ['sec', 'rex\u007ftü\r', 'secretü\r'] });
  expect([exit, raw]).toEqual([EXIT.ok, [true, false]]);
  expect(err).toBe('password: \nonce more: \n');
  expect(err + out).not.toContain('sec');
  expect(await verifyPassword('secretü', await hashOf('alice'))).toBe(true);
});

test('from a file that others cannot read', async () => {
  const file = join(folder, 'password');
  await writeFile(file, 'from a file\n', { mode: 0o600 });
  expect(await cli(['user', 'add', 'alice', '--password-file', file])).toMatchObject({ exit: EXIT.ok });
  expect(await verifyPassword('from a file', await hashOf('alice'))).toBe(true);
  await chmod(file, 0o644);
  expect((await cli(['user', 'passwd', 'alice', '--password-file', file])).err).toContain('SECRET_FILE_MODE');
});

test.each<[string, string[], { typed?: string[]; piped?: string }, string]>([
  ['a name with a dot', ['add', 'a.b'], { piped: 'x' }, 'USER_NAME_INVALID'],
  ["a name of the node's own", ['add', 'SystemUsers/Node'], { piped: 'x' }, 'USER_NAME_INVALID'],
  ['a wildcard', ['add', '#'], { piped: 'x' }, 'USER_NAME_INVALID'],
  ['nobody', ['remove', 'nobody'], {}, 'USER_UNKNOWN'],
  ['the password of nobody', ['passwd', 'nobody'], { piped: 'x' }, 'USER_UNKNOWN'],
  ['no password', ['add', 'alice'], { piped: '\n' }, 'PASSWORD_INVALID'],
  ['two lines', ['add', 'alice'], { piped: 'a\nb\n' }, 'PASSWORD_INVALID'],
  ['two that differ', ['add', 'alice'], { typed: ['a\r', 'b\r'] }, 'PASSWORD_INVALID'],
  ['Ctrl-C', ['add', 'alice'], { typed: ['a\u0003'] }, 'PASSWORD_INVALID'],
])('%s: nothing is changed', async (_what, args, input, code) => {
  const { exit, err } = await cli(['user', ...args], input);
  expect([exit, err]).toEqual([EXIT.usage, expect.stringContaining(code)]);
  await expect(stat(users)).rejects.toThrow('ENOENT');
});

test('the password cannot be given on the command line', async () => {
  expect(await cli(['user', 'add', 'alice', 'secret'])).toMatchObject({ exit: EXIT.usage });
  expect(await cli(['user', 'add', 'alice', '--password', 'secret'])).toMatchObject({ exit: EXIT.usage });
});

test('the file keeps its mode, and a link to it stays one', async () => {
  const real = join(folder, 'elsewhere.yaml');
  await writeFile(real, 'users: []\n', { mode: 0o640 });
  await chmod(real, 0o640);
  await symlink(real, users);
  await cli(['user', 'add', 'alice'], { piped: 'x' });
  expect((await stat(real)).mode & 0o777).toBe(0o640);
  expect(await readFile(real, 'utf8')).toContain('name: alice');
});

test('without a file in the configuration it says so', async () => {
  await writeFile(join(folder, 'netmap.yaml'), CONFIG.replace(/rpc:.*\n/, ''));
  expect((await cli(['user', 'list'])).err).toContain('USERS_NOT_CONFIGURED');
});
