import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../test/integration/support/until';
import { ManualClock, systemClock, type Clock } from '../lib/clock';
import { markOf, type ProcessMark } from '../lib/process-place';
import type { NodeError } from './node-error';
import { listenIn, listensIn } from './lease-socket';
import { livingHolder, StateLease } from './state-lease';

const SPEED = 50;
/** Time goes so many times as fast. */
const fast: Clock = {
  now: () => Date.now() * SPEED,
  after: (ms, callback) => systemClock.after(ms / SPEED, callback),
};

let folder: string;
let here: ProcessMark;
const leases: StateLease[] = [];
const open: (() => Promise<void>)[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-lease-'));
  here = await markOf(process.pid);
});
afterEach(async () => {
  for (const lease of leases.splice(0)) await lease.release();
  for (const close of open.splice(0)) await close();
  await rm(folder, { recursive: true });
});

async function take(onLost: (error: NodeError) => void = () => undefined, clock: Clock = fast): Promise<void> {
  leases.push(await StateLease.take(folder, { pid: process.pid, clock, onLost }));
}

/** What a process leaves that listened there and was killed: one that closes its socket removes it. */
async function staleSocket(path: string): Promise<void> {
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log())`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'close');
}

const file = (): string => join(folder, 'lease');
const pidOf = async (): Promise<number> => (JSON.parse(await readFile(file(), 'utf8')) as ProcessMark).pid;

/** A lease of whom only that is known. */
async function heldBy(mark: ProcessMark & { readonly socket?: string }): Promise<void> {
  await writeFile(file(), JSON.stringify(mark));
}

const otherContainer = (): ProcessMark => ({ ...here, space: 'pid:[1]', began: '1' });
const otherMachine = (): ProcessMark => ({ ...here, system: 'another' });

describe('in the same container', () => {
  test('a process that got the number of the dead is not taken for it', async () => {
    await heldBy({ ...here, pid: process.ppid, began: '1' });
    await take();
    expect(await pidOf()).toBe(process.pid);
  });

  test('the process that is meant is known by number and start', async () => {
    await heldBy(await markOf(process.ppid));
    await expect(take()).rejects.toMatchObject({
      code: 'NODE_IN_USE',
      message: `a sidecar with process id ${process.ppid} works with ${folder}`,
    });
    expect((await livingHolder(folder, fast))?.pid).toBe(process.ppid);
  });
});

describe('in another container of the machine', () => {
  test('one that listens lives, though its process id is our own', async () => {
    const socket = '.lease-other.socket';
    const close = await listenIn(folder, socket);
    if (close !== undefined) open.push(close);
    await heldBy({ ...otherContainer(), socket });
    await expect(take()).rejects.toMatchObject({
      code: 'NODE_IN_USE',
      message: `a sidecar with process id ${process.pid} of another container works with ${folder}`,
    });
    expect((await livingHolder(folder, fast))?.space).toBe('pid:[1]');
  });

  test('one that was killed is replaced at once, and its socket goes, though a process has its id', async () => {
    const socket = '.lease-other.socket';
    await staleSocket(join(folder, socket));
    await heldBy({ ...otherContainer(), pid: process.ppid, socket });
    expect(await livingHolder(folder, fast)).toBeUndefined();
    // No time goes by.
    await take(() => undefined, new ManualClock());
    expect(await pidOf()).toBe(process.pid);
    expect(await readdir(folder)).not.toContain(socket);
  });
});

describe('on another machine, or without sockets', () => {
  test.each([
    ['another machine', otherMachine],
    ['another container, no socket', otherContainer],
  ])('%s: one whose time goes on lives', async (_what, mark) => {
    await heldBy(mark());
    let time = 1;
    const beating = setInterval(() => void utimes(file(), (time += 1), time), 20);
    try {
      await expect(take()).rejects.toMatchObject({ code: 'NODE_IN_USE' });
    } finally {
      clearInterval(beating);
    }
  });

  test('one whose time stands still is dead after ten seconds, and not before', async () => {
    await heldBy(otherMachine());
    const began = fast.now();
    await take();
    expect(fast.now() - began).toBeGreaterThanOrEqual(10_000);
    expect(await pidOf()).toBe(process.pid);
  });
});

describe('who holds it', () => {
  test('shows that it lives again and again', async () => {
    await take();
    await utimes(file(), 1, 1);
    await until('the time is set anew', async () => (await stat(file())).mtimeMs > 1_000);
  });

  test('is told once when another has taken it, and leaves that one’s alone', async () => {
    const lost: NodeError[] = [];
    await take((error) => lost.push(error));
    await heldBy(otherMachine());
    await until('it is told', () => lost.length > 0);
    expect(lost).toMatchObject([{ code: 'NODE_IN_USE' }]);
    for (const lease of leases.splice(0)) await lease.release();
    expect(JSON.parse(await readFile(file(), 'utf8'))).toMatchObject({ system: 'another' });
  });

  test('puts a lease that was removed by hand back', async () => {
    await take();
    await rm(file());
    await until('it is there', async () => (await readdir(folder)).includes('lease'));
    expect(await pidOf()).toBe(process.pid);
  });
});

test('a folder with a long path has a socket, too', async () => {
  const deep = join(folder, 'a'.repeat(120));
  await mkdir(deep);
  const lease = await StateLease.take(deep, { pid: process.pid, clock: fast, onLost: () => undefined });
  leases.push(lease);
  const [socket = ''] = (await readdir(deep)).filter((name) => name.endsWith('.socket'));
  expect(await listensIn(deep, socket)).toBe(true);
  expect(await listensIn(deep, 'none')).toBeUndefined();
  await lease.release();
  expect(await readdir(deep)).toEqual([]);
});
