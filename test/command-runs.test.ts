import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commands } from '../sidecar/cli/commands';
import { packageRoot } from '../sidecar/lib/package-root';

/** These tests look at the command line itself, with commands that do nothing. */
const WITHOUT_RUNNING = /\/(main|completion)\.test\.ts$/;
/** Their command lines are run by tests as they are written. */
const FOLLOWED_PAGES = ['docs/swaptacular-peers.md', 'docs/install-bare.md'];

const root = packageRoot();
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return sources(path);
    return path.endsWith('.ts') && !WITHOUT_RUNNING.test(path) ? [path] : [];
  });
}

/** Where commands are run: with the command line's own code, or its program in a process. */
const texts = [
  ...sources('sidecar/cli').filter((path) => path.endsWith('.test.ts')),
  ...['test/integration', 'test/interop'].flatMap(sources),
]
  .map(read)
  .filter((text) => /import \{[^}]*\b(?:runCli|(?:start)?[nN]etmap)\b[^}]*\} from|bin\/netmap\.mjs|\.cli\(/.test(text))
  .concat(FOLLOWED_PAGES.map(read));

/** `cli('map', 'show')`, `netmap(['map', 'show'])`, `at(node, 'map', 'show')`, or a line that a shell would take. */
function isRun(words: readonly string[]): boolean {
  const asArguments = words.map((word) => `'${word}'`).join(',\\s*');
  const call = new RegExp(`[([]\\s*(?:\\w+,\\s*)?\\[?\\s*${asArguments}\\s*[,)\\]]`);
  const line = new RegExp(`(?:^|\\['|\\('|sudo [^\\n]*)netmap ${words.join(' ')}(?=[ '\\n])`, 'm');
  return texts.some((text) => call.test(text) || line.test(text));
}

test('every command is run by a test, not merely parsed', () => {
  const never = commands.map(({ words }) => words).filter((words) => !isRun(words));
  expect(never.map((words) => words.join(' '))).toEqual([]);
});

test('a command that no test runs would be found', () => {
  expect([isRun(['map', 'nonsense']), isRun(['nonsense']), isRun(['map', 'nodes'])]).toEqual([false, false, true]);
});
