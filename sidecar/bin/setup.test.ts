import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../lib/package-root';

interface Ended {
  readonly code: number;
  readonly err: string;
}

function node(args: string[], environment: NodeJS.ProcessEnv): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env: environment, cwd: packageRoot() }, (error, _out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, err });
    });
  });
}

const setup = (task: string, environment: NodeJS.ProcessEnv) => node(['sidecar/bin/setup.mjs', task], environment);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-setup-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function fakeJava(version: string): Promise<string> {
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'bin/java'), `#!/bin/sh\necho '${version}' >&2\n`);
  await chmod(join(folder, 'bin/java'), 0o755);
  return folder;
}

test.each(['demo', 'test', 'bench'])('%s: a missing Java is named, with how to get it', async (task) => {
  const { code, err } = await setup(task, { PATH: folder });
  expect(code).toBe(2);
  expect(err).toMatch(/^Java 17 or later is needed: none runs on the PATH\. Get one from .*openjdk-17/);
});

test.each([
  ['openjdk version "11.0.2" 2019-01-15', /in JAVA_HOME \(.*\) is Java 11; none runs on the PATH/],
  ['java version "1.8.0_402"', /in JAVA_HOME \(.*\) is Java 8/],
  ['hello', /does not tell its version/],
])('an old Java is named: %s', async (version, message) => {
  const { code, err } = await setup('test', { PATH: '', JAVA_HOME: await fakeJava(version) });
  expect(code).toBe(2);
  expect(err).toMatch(message);
});

test('an unknown task shows how to use it', async () => {
  await expect(setup('tset', { PATH: '' })).resolves.toMatchObject({
    code: 2,
    err: expect.stringContaining('demo|test|bench') as string,
  });
});

test.each([
  ['20.19.0', undefined],
  ['22.1.0', undefined],
  ['20.18.3', '20.18.3'],
  ['8.17.0', '8.17.0'],
])('Node %s', async (version, named) => {
  const script = `import('./sidecar/bin/node-version.mjs').then((m) => console.error(m.nodeFault('${version}')))`;
  const { err } = await node(['-e', script], {});
  if (named === undefined) expect(err.trim()).toBe('undefined');
  else expect(err).toContain(`needs Node 20.19 or later, and this is Node ${named}. Get it from`);
});
