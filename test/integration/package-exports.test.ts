import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../sidecar/lib/package-root';

const run = promisify(execFile);
let folder: string;

/** An application that has the built package installed. Needs `npm run build`. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-app-'));
  await mkdir(join(folder, 'node_modules'));
  await symlink(packageRoot(), join(folder, 'node_modules', 'artemis-netmap'));
});
afterAll(() => rm(folder, { recursive: true }));

const PRINT = 'process.stdout.write([openMessaging, MemoryNetwork, Reject].map((it) => typeof it).join(" "));';

test.each([
  ['main.mjs', `import { openMessaging, MemoryNetwork, Reject } from 'artemis-netmap/messaging'; ${PRINT}`],
  ['main.cjs', `const { openMessaging, MemoryNetwork, Reject } = require('artemis-netmap/messaging'); ${PRINT}`],
])('the library is found by its name: %s', async (file, text) => {
  await writeFile(join(folder, file), text);
  const { stdout } = await run(process.execPath, [join(folder, file)]);
  expect(stdout).toBe('function function function');
});

test('and so are its types', async () => {
  await writeFile(
    join(folder, 'typed.ts'),
    `import { openMessaging, type Messaging, type Sent } from 'artemis-netmap/messaging';
export async function hello(messaging: Messaging): Promise<Sent> {
  return messaging.send('O=B, L=Paris, C=FR', { body: 'hello' });
}
export const opening: Promise<Messaging> = openMessaging({ configFile: 'netmap.yaml' });
// @ts-expect-error a recipient is a name
export const wrong = (messaging: Messaging) => messaging.send(7, { body: 'x' });
`,
  );
  const compiler = join(packageRoot(), 'node_modules', 'typescript', 'bin', 'tsc');
  const types = ['--types', 'node', '--typeRoots', join(packageRoot(), 'node_modules', '@types')];
  const options = ['--noEmit', '--strict', '--module', 'node16', '--skipLibCheck', ...types];
  await run(process.execPath, [compiler, ...options, join(folder, 'typed.ts')], { cwd: folder });
});

test('what npm packs runs, and nothing of development is among it', async () => {
  const options = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const { stdout } = await run('npm', options, { cwd: packageRoot(), maxBuffer: 2 ** 26 });
  const [packed] = JSON.parse(stdout) as { files: { path: string }[] }[];
  const paths = packed?.files.map(({ path }) => path) ?? [];
  const needed = [
    'dist/cli/main.js',
    'dist/control/messaging.d.ts',
    'sidecar/bin/netmap.mjs',
    'sidecar/bin/health.mjs',
  ];
  expect(paths).toEqual(expect.arrayContaining(['README.md', 'broker-config/base/broker.yaml', ...needed]));
  expect(paths.filter((path) => /\.test\.|\.map$|^dist\/(bench|\.)|bin\/(setup|run-)/.test(path))).toEqual([]);
});
