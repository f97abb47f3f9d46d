import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { run } from './run-child.mjs';

/** Unit tests share the cores; brokers and networks of containers would starve each other, so their files run one after the other. */
const LAYERS = [
  { project: 'unit', flags: [] },
  { project: 'broker', flags: ['--runInBand'] },
  { project: 'containers', flags: ['--runInBand'] },
];
const MOST_NAMES = 50;

/** Runs the tests with jest's own arguments, prints the totals and resolves with the exit code. */
export async function runJest(root, args) {
  const folder = mkdtempSync(join(tmpdir(), 'netmap-test-'));
  try {
    const outcomes = [];
    for (const layer of LAYERS) {
      outcomes.push(await runLayer(root, layer, args, join(folder, `${layer.project}.json`)));
      if (interrupted(outcomes.at(-1))) break;
    }
    return report(root, outcomes);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runLayer(root, { project, flags }, args, file) {
  const jest = join(root, 'node_modules/jest/bin/jest.js');
  const own = ['--json', `--outputFile=${file}`, '--passWithNoTests', ...flags, '--selectProjects', project];
  // With --json jest prints the result on standard output as well, where it is of no use to a reader.
  const stdio = ['ignore', 'ignore', 'inherit'];
  const code = await run(process.execPath, [jest, ...args, ...own], { cwd: root, stdio });
  return { project, code, result: read(file) };
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

function report(root, outcomes) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  const skipped = [];
  for (const { project, code, result } of outcomes) {
    if (result === undefined) {
      console.log(`${project} tests ended without a result (exit code ${code})`);
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
