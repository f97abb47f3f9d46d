import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DecisionsFile } from './decisions-file';
import { PauseFile } from './pause-file';
import { StateFolder } from './state-folder';
import { refuseNewerState, STATE_FORMAT_FILE, STATE_VERSION } from './state-format';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'state-format-'));
});
afterEach(() => rm(folder, { recursive: true }));

const format = (version: unknown): Promise<void> =>
  writeFile(join(folder, STATE_FORMAT_FILE), JSON.stringify({ format: 'artemis-netmap state', version }));

it('is written with the first serials, and read back', async () => {
  await refuseNewerState(folder);
  await new StateFolder(folder).writeSerials(new Map([['DLa', 1n]]));
  const text = await readFile(join(folder, STATE_FORMAT_FILE), 'utf8');
  expect(JSON.parse(text)).toEqual({ format: 'artemis-netmap state', version: STATE_VERSION });
  await refuseNewerState(folder);
});

it('a state of a later version is neither read nor changed', async () => {
  await writeFile(join(folder, 'serials.json'), '{"DLa":"1"}');
  await format(STATE_VERSION + 1);
  const before = await readdir(folder);
  const state = new StateFolder(folder);
  const attempts = [
    () => state.readSerials(),
    () => state.readStatus(),
    () => state.readApplied(),
    () => new DecisionsFile(folder).read(),
    () => new DecisionsFile(folder).acceptParameters('AA'),
    () => new PauseFile(folder).write({ since: 1 }),
  ];
  for (const attempt of attempts) {
    await expect(attempt()).rejects.toMatchObject({
      code: 'NODE_STATE_NEWER',
      message: `${folder} is of state version ${STATE_VERSION + 1}, and this program knows ${STATE_VERSION}`,
      remedy: expect.stringContaining('run the later version of netmap') as string,
    });
  }
  expect(await readdir(folder)).toEqual(before);
});

it.each(['', '{', '[]', '{"format":"other","version":1}', '{"format":"artemis-netmap state","version":"2"}'])(
  'what tells no version is no state: %j',
  async (content) => {
    await writeFile(join(folder, STATE_FORMAT_FILE), content);
    await expect(refuseNewerState(folder)).rejects.toMatchObject({ code: 'NODE_STATE' });
  },
);
