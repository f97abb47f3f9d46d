import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadRpcUsers, type RpcUser } from '../config/rpc-users';
import { ManualClock } from '../lib/clock';
import { UsersWatch } from './users-watch';

const hash = (byte: string): string => `ENC(200000:${byte.repeat(32)}:${'AB'.repeat(20)})`;
const text = (...names: string[]): string =>
  `users: [${names.map((name) => `{ name: "${name}", passwordHash: "${hash('07')}" }`).join(', ')}]\n`;

let folder: string;
let file: string;
let watch: UsersWatch | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-users-'));
  file = join(folder, 'users.yaml');
  await writeFile(file, text('alice'));
});
afterEach(async () => {
  await watch?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function watched() {
  const clock = new ManualClock(1_000_000);
  const told: string[] = [];
  const made = new UsersWatch({ file, users: await loadRpcUsers(file), clock });
  watch = made;
  made.start((users: readonly RpcUser[]) => told.push(users.map(({ name }) => name).join()));
  /** Lets looks end, each of which reads the disk. */
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 100) {
      await clock.advance(100);
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  let written = 0;
  /** With a time of its own: two writes may be within one tick of the file system's clock. */
  const write = async (content: string): Promise<void> => {
    await writeFile(file, content);
    await utimes(file, 1000, 1000 + (written += 1));
  };
  return { clock, told, pass, write, made };
}

test('what has not changed is not told', async () => {
  const { told, pass, write, made } = await watched();
  await pass(2_000);
  await write(`# a remark\n${text('alice')}`);
  await pass(2_000);
  expect([told, made.held]).toEqual([[], undefined]);
});

test('a change is told once, when it has settled', async () => {
  const { told, pass, write, made } = await watched();
  await pass(1_000);
  await write(text('alice', 'bob'));
  await pass(500);
  expect(told).toEqual([]);
  await pass(3_000);
  expect(told).toEqual(['alice,bob']);
  expect(made.users).toHaveLength(2);
});

test('a file that is written bit by bit is not taken before it is whole', async () => {
  const { told, pass, write } = await watched();
  await pass(1_000);
  for (const part of ['users: []\n', text('alice'), text('alice', 'bob')]) {
    await write(part);
    await pass(400);
  }
  expect(told).toEqual([]);
  await pass(2_000);
  expect(told).toEqual(['alice,bob']);
});

test('what is bad is held with its reason and the time since when, until it is good', async () => {
  const { told, pass, write, made, clock } = await watched();
  await write('users: [');
  await pass(2_000);
  const { held } = made;
  expect(held).toMatchObject({ code: 'CONFIG_SYNTAX', message: expect.stringContaining(file) as string });
  await pass(10_000);
  expect(made.held).toEqual(held);
  expect(held?.since).toBeLessThan(clock.now() - 9_000);
  await rm(file);
  await pass(2_000);
  expect(made.held).toMatchObject({ code: 'CONFIG_MISSING' });
  expect([told, made.users.length]).toEqual([[], 1]);
  await write(text('carol'));
  await pass(2_000);
  expect([told, made.held]).toEqual([['carol'], undefined]);
});

test('another password is a change', async () => {
  const { told, pass, write } = await watched();
  await write(text('alice').replace(hash('07'), hash('08')));
  await pass(2_000);
  expect(told).toEqual(['alice']);
});

test('after the stop nothing is told', async () => {
  const { told, pass, write, made } = await watched();
  await made.stop();
  await write(text('bob'));
  await pass(2_000);
  expect(told).toEqual([]);
});
