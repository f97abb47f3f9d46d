import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../lib/package-root';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'netmap-run-jest-'));
  await mkdir(join(root, 'node_modules/jest/bin'), { recursive: true });
});
afterEach(() => rm(root, { recursive: true }));

/** A jest that says what it is told to, and then does what `after` says. */
async function fakeJest(result: object, after: string): Promise<void> {
  const script = `
    const file = process.argv.find((arg) => arg.startsWith('--outputFile=')).slice('--outputFile='.length);
    require('node:fs').writeFileSync(file, ${JSON.stringify(JSON.stringify(result))});
    ${after}`;
  await writeFile(join(root, 'node_modules/jest/bin/jest.js'), script);
}

function runJest(): Promise<{ readonly code: number; readonly out: string }> {
  const url = JSON.stringify(`file://${join(packageRoot(), 'sidecar/bin/run-jest.mjs')}`);
  const script = `import(${url}).then((m) => m.runJest(${JSON.stringify(root)}, [], { endMs: 10 })).then(process.exit);`;
  return new Promise((resolve) => {
    execFile(process.execPath, ['-e', script], (error, out) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out });
    });
  });
}

const result = (numFailedTests: number) => ({
  success: numFailedTests === 0,
  numPassedTests: 2,
  numFailedTests,
  numRuntimeErrorTestSuites: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [],
});
const STAYS = 'setInterval(() => {}, 1000);';

test('the layers are added up', async () => {
  await fakeJest(result(0), '');
  await expect(runJest()).resolves.toEqual({ code: 0, out: '6 passed, 0 failed, 0 skipped\n' });
});

test('a jest that has its result and does not end is ended, and that is told', async () => {
  await fakeJest(result(0), STAYS);
  const { code, out } = await runJest();
  expect(code).toBe(0);
  expect(out).toMatch(/^unit tests had their result and did not end: a test has left something open\nbroker tests/);
  expect(out).toMatch(/\n6 passed, 0 failed, 0 skipped\n$/);
});

test('what failed has failed all the same', async () => {
  await fakeJest(result(1), STAYS);
  const { code, out } = await runJest();
  expect(code).toBe(1);
  expect(out).toMatch(/\n6 passed, 3 failed, 0 skipped\n$/);
});

test('a jest that ends without a result is a failure', async () => {
  await fakeJest(result(0), 'require("node:fs").rmSync(file); process.exit(3);');
  const { code, out } = await runJest();
  expect(code).toBe(3);
  expect(out).toMatch(/unit tests ended without a result \(exit code 3\)/);
});

test('a jest that is ended by a signal is told with what it ran, and nothing more is run', async () => {
  const names = `require('node:fs').writeFileSync(process.env.NETMAP_TESTS_RUNNING, ${JSON.stringify(join(root, 'test/slow.test.ts'))});`;
  await fakeJest(result(0), `require('node:fs').rmSync(file); ${names} process.kill(process.pid, 'SIGTERM'); ${STAYS}`);
  const { code, out } = await runJest();
  expect(code).toBe(143);
  expect(out).toBe(
    'unit tests ended without a result (exit code 143), while these ran: test/slow.test.ts\n0 passed, 1 failed, 0 skipped\n',
  );
});
