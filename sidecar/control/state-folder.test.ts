import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { peer, planFor } from '../../test/faults/model/network';
import { StateFolder } from './state-folder';
import type { NodeStatus } from './status';

const ME = process.pid;
/** A process that lives; every machine has it. */
const ALIVE = process.ppid;
let folder: string;

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'netmap-state-')), 'state');
});
afterEach(() => rm(join(folder, '..'), { recursive: true }));

/** The process that the lease names. */
const lease = async (): Promise<number> =>
  (JSON.parse(await readFile(join(folder, 'lease'), 'utf8')) as { pid: number }).pid;
/** Names in the folder, without the sockets of those who hold leases. */
const names = async (): Promise<string[]> => (await readdir(folder)).filter((name) => !name.endsWith('.socket'));

const held: StateFolder[] = [];
afterEach(() => Promise.all(held.splice(0).map((state) => state.release())));

/** One that is given back at the end of the test. */
async function taken(pid: number): Promise<StateFolder> {
  const state = new StateFolder(folder);
  await state.acquire(pid);
  held.push(state);
  return state;
}

/** The id of a process that has ended. */
async function deadProcess(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await new Promise((resolve) => child.once('exit', resolve));
  return child.pid ?? 0;
}

describe('the lease', () => {
  test('is taken with the folder made for its owner alone, and given back', async () => {
    const state = await taken(ME);
    expect(await lease()).toBe(ME);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    await state.release();
    expect(await readdir(folder)).toEqual([]);
  });

  test('is not taken from the living', async () => {
    await taken(ALIVE);
    await expect(taken(ME)).rejects.toMatchObject({
      code: 'NODE_IN_USE',
      message: `a sidecar with process id ${ALIVE} works with ${folder}`,
    });
    expect(await lease()).toBe(ALIVE);
    expect(await names()).toEqual(['lease']);
  });

  test('is not given back by whoever does not hold it', async () => {
    await taken(ALIVE);
    const other = new StateFolder(folder);
    await other.acquire(ME).catch(() => undefined);
    await other.release();
    expect(await lease()).toBe(ALIVE);
  });

  test('is taken from the dead, and where nobody can read whose it is', async () => {
    await taken(await deadProcess());
    await taken(ME);
    for (const holder of ['', 'x', '-1', '{}', '{"pid":1}', 'null']) {
      await writeFile(join(folder, 'lease'), holder);
      await taken(ME);
      expect(await lease()).toBe(ME);
      expect(await names()).toEqual(['lease']);
    }
  });

  test('of several who take it from the dead at once one gets it', async () => {
    const dead = await deadProcess();
    const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
    try {
      for (let round = 0; round < 20; round += 1) {
        const before = await taken(dead);
        const pids = [ME, ALIVE, child.pid ?? 0];
        const taking = await Promise.allSettled(pids.map(taken));
        const winners = pids.filter((_pid, index) => taking[index]?.status === 'fulfilled');
        expect(winners).toEqual([await lease()]);
        expect(await names()).toEqual(['lease']);
        await Promise.all([before, ...held.splice(0)].map((state) => state.release()));
      }
    } finally {
      child.kill();
    }
  });
});

describe('serials', () => {
  const serials = new Map([
    ['DLA', 1n],
    ['DLB', 12_345_678_901_234_567_890n],
  ]);

  test('come back as they were, of any size', async () => {
    const state = await taken(ME);
    expect(await state.readSerials()).toEqual(new Map());
    await state.writeSerials(serials);
    expect(await new StateFolder(folder).readSerials()).toEqual(serials);
    expect((await stat(join(folder, 'serials.json'))).mode & 0o777).toBe(0o600);
  });

  test.each([
    ['cut off', '{"DLA":"1","DLB":"12'],
    ['empty', ''],
    ['of zeros', '\0\0\0\0'],
    ['null', 'null'],
    ['a list', '["1"]'],
    ['a text', '"DLA"'],
    ['a number', '7'],
    ['with a number in it', '{"DLA":1}'],
    ['with an empty serial', '{"DLA":""}'],
    ['with a serial that is none', '{"DLA":"0x1"}'],
  ])('that are %s are refused: nobody may bring back an older NodeInfo that way', async (_what, content) => {
    const state = await taken(ME);
    await writeFile(join(folder, 'serials.json'), content);
    await expect(state.readSerials()).rejects.toMatchObject({
      code: 'NODE_STATE',
      message: expect.stringContaining(join(folder, 'serials.json')) as string,
      remedy: expect.stringMatching(/backup/) as string,
    });
  });
});

describe('status and plan', () => {
  const status = { pid: ME, node: { name: 'O=A', id: 'DLA' } } as NodeStatus;

  test('the last status comes with whether its writer lives', async () => {
    const state = await taken(ME);
    expect(await state.readStatus()).toBeUndefined();
    await state.writeStatus(status);
    expect(await state.readStatus()).toEqual({ status, alive: true });
    await state.writeStatus({ ...status, pid: await deadProcess() });
    expect(await state.readStatus()).toMatchObject({ alive: false });
  });

  test('the live plan comes back as it was, and is written only when it differs', async () => {
    const state = await taken(ME);
    expect(await state.readApplied()).toBeUndefined();
    await state.writeApplied(planFor([peer('A')]));
    const { mtimeMs, ino } = await stat(join(folder, 'applied.json'));
    await state.writeApplied(planFor([peer('A')]));
    expect(await stat(join(folder, 'applied.json'))).toMatchObject({ mtimeMs, ino });
    expect(await state.readApplied()).toEqual(planFor([peer('A')]));
    await state.writeApplied(planFor([peer('A'), peer('B')]));
    expect(await state.readApplied()).toEqual(planFor([peer('A'), peer('B')]));
  });

  test('what is damaged is told with what to do', async () => {
    const state = await taken(ME);
    for (const name of ['status.json', 'applied.json']) await writeFile(join(folder, name), '{"a":');
    const told = { code: 'NODE_STATE', remedy: expect.stringMatching(/remove it/) as string };
    await expect(state.readStatus()).rejects.toMatchObject(told);
    await expect(state.readApplied()).rejects.toMatchObject(told);
  });
});
