import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkJava } from './java-version.mjs';
import { runJest } from './run-jest.mjs';
import { run, say, SetupError } from './run-child.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const netmap = join(root, 'sidecar/bin/netmap.mjs');
const tsc = join(root, 'node_modules/typescript/bin/tsc');

const USAGE = 'Usage: node sidecar/bin/setup.mjs demo|test|bench [arguments]';

/** Runs one of the tasks and sets the exit code. */
export async function main([task, ...args]) {
  try {
    process.exitCode = await runTask(task, args);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(error.message);
    process.exitCode = error.exitCode;
  }
}

async function runTask(task, args) {
  if (!['demo', 'test', 'bench'].includes(task)) throw new SetupError(USAGE, 2);
  const java = await checkJava();
  await install();
  await build('dist', 'tsconfig.build.json', ['sidecar'], 'cli/main.js');
  await step('broker', process.execPath, [netmap, 'broker', 'obtain']);
  if (task === 'demo') return run(process.execPath, [netmap, 'demo', ...args], { cwd: process.cwd() });
  if (task === 'test') return runJest(root, args);
  await build('dist/bench', 'tsconfig.bench.json', ['sidecar', 'test'], 'test/bench/main.js');
  say(`bench with ${java}`);
  return run(process.execPath, [join(root, 'dist/bench/test/bench/main.js'), ...args], { cwd: process.cwd() });
}

async function install() {
  if (installed()) return;
  say('installing packages (npm ci), which can take a minute');
  // npm itself says how to reach it where it started this process; elsewhere it is on the PATH.
  const cli = process.env.npm_execpath;
  const npm = cli !== undefined && /npm-cli\.c?js$/.test(cli) ? [process.execPath, cli] : ['npm'];
  await step('packages', npm[0], [...npm.slice(1), 'ci']);
}

/** Whether node_modules holds what package-lock.json asks for; optional packages of other platforms may be absent. */
function installed() {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const found = packagesOf(join(root, 'node_modules/.package-lock.json'));
  if (wanted === undefined) throw new SetupError('package-lock.json is missing or damaged: clone again', 2);
  if (found === undefined) return false;
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === '') return true;
    return found[path] === undefined ? optional === true : found[path].version === version;
  });
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** Compiles unless the last good build is newer than every source; a failed one leaves no mark and is done again. */
async function build(folder, project, sources, mainFile) {
  const mark = join(root, folder, '.built');
  const inputs = [...sources, project, 'tsconfig.json', 'package-lock.json'];
  const built = existsSync(mark) ? statSync(mark).mtimeMs : 0;
  if (built > Math.max(...inputs.map((input) => newest(join(root, input))))) return;
  say(`building (${project})`);
  const started = Date.now();
  rmSync(join(root, folder), { recursive: true, force: true });
  await step('build', process.execPath, [tsc, '-p', join(root, project)]);
  if (!existsSync(join(root, folder, mainFile))) {
    throw new SetupError(`the build has left no ${folder}/${mainFile}: nothing to run`, 1);
  }
  // The time at which it began: a source that was saved meanwhile is newer.
  writeFileSync(mark, '');
  utimesSync(mark, started / 1000, started / 1000);
}

function newest(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  // A folder's own time tells of files that were removed.
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

async function step(name, command, args) {
  const code = await run(command, args, { cwd: root });
  if (code !== 0) throw new SetupError(`setup ended at: ${name} (exit code ${code}); see above`, code);
}
