import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ManualClock } from '../lib/clock';
import { runCli } from './main';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netmap-completion-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function scriptFor(shell: string): Promise<string> {
  let out = '';
  const exit = await runCli(['completion', shell], {
    stdin: Readable.from([]),
    stdout: { write: (text) => (out += text) },
    stderr: { write: () => undefined },
    environment: {},
    clock: new ManualClock(),
    onInterrupt: () => () => undefined,
  });
  expect(exit).toBe(0);
  const file = join(folder, `netmap.${shell}`);
  writeFileSync(file, out);
  return file;
}

const has = (shell: string): boolean => {
  try {
    execFileSync(shell, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const on = (shell: string): typeof test => (has(shell) ? test : test.skip);

/** What is offered for the last of the words, by place. */
const cases: [string, string[], string[]][] = [
  ['commands', ['ma'], ['map']],
  ['commands below', ['map', 'ac'], ['accept']],
  ['commands below, after a global option with its value', ['--config', 'map', 'user', 'pass'], ['passwd']],
  ['options of a command', ['dead-letters', 'list', '--ca'], ['--cause']],
  ['global options', ['status', '--jso'], ['--json']],
  ['values of an option', ['demo', '--profile', 'sw'], ['swaptacular']],
  ['values of an argument', ['completion', 'fi'], ['fish']],
  ['nothing of ours where a file may stand', ['map', 'backup', '--config', 'ma'], []],
];

on('bash')('bash completes commands, options and values', async () => {
  const file = await scriptFor('bash');
  const found = cases.map(([name, words]) => {
    const script = `source "$1"; shift; COMP_WORDS=(netmap "$@"); COMP_CWORD=$#; _netmap; echo "\${COMPREPLY[@]}"`;
    const out = execFileSync('bash', ['--norc', '-c', script, 'bash', file, ...words])
      .toString()
      .trim();
    return [name, words, out === '' ? [] : out.split(' ')];
  });
  expect(found).toEqual(cases);
  expect(execFileSync('bash', ['--norc', '-c', `source "$1"; complete -p netmap`, 'bash', file]).toString()).toBe(
    'complete -o default -F _netmap netmap\n',
  );
});

on('fish')('fish completes commands, options and values', async () => {
  const file = await scriptFor('fish');
  const found = cases.slice(0, -1).map(([name, words]) => {
    const line = `netmap ${words.join(' ')}`;
    const out = execFileSync('fish', ['--no-config', '-c', `source ${file}; complete -C ${JSON.stringify(line)}`]);
    const offered = out.toString().trim().split('\n');
    return [name, words, offered.map((one) => one.split('\t')[0] ?? '')];
  });
  expect(found).toEqual(cases.slice(0, -1));
});

on('zsh')('zsh takes the script', async () => {
  const file = await scriptFor('zsh');
  const script = `autoload -Uz compinit; compinit -D -u; source "$1"; print $_comps[netmap]`;
  expect(execFileSync('zsh', ['-f', '-c', script, 'zsh', file]).toString().trim()).toBe('_netmap');
});

test('every shell gets every command', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const text = execFileSync('cat', [await scriptFor(shell)]).toString();
    for (const path of ['dead-letters replay', 'map accept', 'config check']) expect(text).toContain(path);
  }
});
