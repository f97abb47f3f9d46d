import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findJava } from './java';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'java-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A program in bin/ that says what a Java of this version says. */
async function fakeJava(name: string, version: string): Promise<string> {
  const home = join(folder, name);
  await mkdir(join(home, 'bin'), { recursive: true });
  const program = join(home, 'bin', 'java');
  await writeFile(
    program,
    `#!/bin/sh\n[ -z '${version}' ] && exit 3\necho 'openjdk version "${version}" 2025-04-15' >&2\n`,
  );
  await chmod(program, 0o755);
  return home;
}

it.each([
  ['17.0.15', 17],
  ['21', 21],
  ['25-ea', 25],
  ['17.0.2+8', 17],
])('takes Java %s', async (version, major) => {
  const home = await fakeJava('a', version);
  expect(await findJava({ env: { JAVA_HOME: home, PATH: '' } })).toEqual({
    command: join(home, 'bin', 'java'),
    version,
    major,
  });
});

it('passes over a JAVA_HOME that is too old or broken', async () => {
  const good = await fakeJava('good', '17.0.1');
  const old = await fakeJava('old', '1.8.0_392');
  const env = { JAVA_HOME: old, PATH: join(good, 'bin') };
  expect(await findJava({ env })).toMatchObject({ command: 'java', major: 17 });
  expect(await findJava({ env: { ...env, JAVA_HOME: join(folder, 'none') } })).toMatchObject({ major: 17 });
});

it('looks nowhere else when one is configured, as home or as program', async () => {
  const good = await fakeJava('good', '17.0.1');
  const env = { JAVA_HOME: good, PATH: join(good, 'bin') };
  expect(await findJava({ setting: good, env: {} })).toMatchObject({ version: '17.0.1' });
  expect(await findJava({ setting: join(good, 'bin', 'java'), env: {} })).toMatchObject({ version: '17.0.1' });
  await expect(findJava({ setting: join(folder, 'none'), env })).rejects.toMatchObject({ code: 'JAVA_MISSING' });
});

it('says which Java is too old, and how to get another', async () => {
  const old = await fakeJava('old', '11.0.2');
  await expect(findJava({ env: { JAVA_HOME: old, PATH: folder } })).rejects.toMatchObject({
    code: 'JAVA_TOO_OLD',
    message: expect.stringMatching(/JAVA_HOME \(.*old.*\) is Java 11\.0\.2; PATH \(java\): not there/) as string,
    remedy: expect.stringContaining('openjdk-17') as string,
  });
});

it('says when there is none, or one that does not work', async () => {
  const broken = await fakeJava('broken', '');
  await expect(findJava({ env: { JAVA_HOME: broken, PATH: folder } })).rejects.toMatchObject({ code: 'JAVA_MISSING' });
});
