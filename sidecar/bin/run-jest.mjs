import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run-child.mjs';

/** Unit tests share the cores; brokers and networks of containers would starve each other, so their files run one after the other. */
const LAYERS = [
  { project: 'unit', flags: [] },
  { project: 'broker', flags: ['--runInBand'] },
  { project: 'containers', flags: ['--runInBand'] },
];
const MOST_NAMES = 50;
/** A test that leaves a process or a socket open keeps jest from ending after it has told its result. */
const END_MS = 60_000;
const POLL_MS = 500;

/** Runs the tests with jest's own arguments, prints the totals and resolves with the exit code. */
export async function runJest(root, args, { endMs = END_MS } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'netmap-test-'));
  try {
    const outcomes = [];
    for (const layer of LAYERS) {
      const file = join(folder, `${layer.project}.json`);
      outcomes.push(await runLayer(root, layer, args, { file, endMs }));
      if (interrupted(outcomes.at(-1))) break;
    }
    return report(root, outcomes);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runLayer(root, { project, flags }, args, { file, endMs }) {
  const jest = join(root, 'node_modules/jest/bin/jest.js');
  const names = `${file}.running`;
  const reporter = fileURLToPath(new URL('run-reporter.mjs', import.meta.url));
  const reporters = ['--reporters', 'default', '--reporters', reporter];
  const own = [
    ...reporters,
    '--json',
    `--outputFile=${file}`,
    '--passWithNoTests',
    ...flags,
    '--selectProjects',
    project,
  ];
  // With --json jest prints the result on standard output as well, where it is of no use to a reader.
  const stdio = ['ignore', 'ignore', 'inherit'];
  let isKept = false;
  const watch = (child) => {
    let kill;
    const poll = setInterval(() => {
      if (!existsSync(file)) return;
      clearInterval(poll);
      kill = setTimeout(() => {
        isKept = true;
        child.kill('SIGKILL');
      }, endMs);
    }, POLL_MS);
    return () => {
      clearInterval(poll);
      clearTimeout(kill);
    };
  };
  const code = await run(process.execPath, [jest, ...args, ...own], {
    cwd: root,
    env: { ...process.env, NETMAP_TESTS_RUNNING: names },
    stdio,
    watch,
  });
  const result = read(file);
  const running = result === undefined ? runningIn(root, names) : [];
  if (!isKept) return { project, code, result, running };
  console.log(`${project} tests had their result and did not end: a test has left something open`);
  return { project, code: result?.success === true ? 0 : 1, result, running };
}

/** Ended by a signal, Ctrl-C for one: nothing more is wanted. */
function interrupted({ code }) {
  return code > 128;
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function runningIn(root, file) {
  if (!existsSync(file)) return [];
  const names = readFileSync(file, 'utf8').split('\n');
  return names.filter((name) => name !== '').map((name) => relative(root, name));
}

function report(root, outcomes) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  const skipped = [];
  for (const { project, code, result, running } of outcomes) {
    if (result === undefined) {
      const meanwhile = running.length === 0 ? '' : `, while these ran: ${running.join(', ')}`;
      console.log(`${project} tests ended without a result (exit code ${code})${meanwhile}`);
      total.failed += 1;
      continue;
    }
    total.passed += result.numPassedTests;
    // A file that cannot even be loaded counts as one failure.
    total.failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
    total.skipped += result.numPendingTests + result.numTodoTests;
    skipped.push(...skippedIn(root, result));
  }
  if (skipped.length > 0) console.log(`skipped:\n${namesOf(skipped)}`);
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return exitCode(outcomes, total);
}

function skippedIn(root, result) {
  return result.testResults.flatMap((file) =>
    file.assertionResults
      .filter((test) => !['passed', 'failed'].includes(test.status))
      .map((test) => `${relative(root, file.name)}: ${test.fullName} (${reasonOf(test)})`),
  );
}

/** By convention the title of what is skipped ends with the reason: `… [needs maven]`. */
function reasonOf(test) {
  if (test.status === 'todo') return 'not written yet';
  const reason = [...test.ancestorTitles, test.title].map((title) => /\[([^\]]+)\]\s*$/.exec(title)?.[1]);
  return reason.find((text) => text !== undefined) ?? 'not chosen by the arguments, or no reason given';
}

function namesOf(skipped) {
  const more = skipped.length - MOST_NAMES;
  const shown = skipped.slice(0, MOST_NAMES).map((name) => `  ${name}`);
  return [...shown, ...(more > 0 ? [`  and ${more} more`] : [])].join('\n');
}

function exitCode(outcomes, total) {
  const bad = outcomes.find(({ code }) => code !== 0);
  if (bad !== undefined) return bad.code;
  if (total.failed > 0) return 1;
  if (total.passed + total.skipped > 0) return 0;
  console.error('no test was found for these arguments');
  return 1;
}
