import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { DoctoredNode } from '../../test/interop/doctor/doctored-node';
import { systemClock } from '../lib/clock';
import { packageRoot } from '../lib/package-root';
import type { CliCommand } from './command';
import { commands } from './commands';
import { EXIT } from './exit-codes';
import { runCli } from './main';

/** The examples in a command's help: a line each, as it is typed. */
function examplesOf({ details = '' }: CliCommand): string[] {
  return [...details.matchAll(/^(?:Example: | {2})(netmap .+)$/gm)].map(([, line = '']) => line);
}

/** As a shell splits it, without what follows a redirection or a pipe. */
function argumentsOf(line: string): string[] {
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  const end = words.findIndex((word) => ['<', '>', '|'].includes(word));
  return words.slice(1, end < 0 ? words.length : end);
}

async function run(line: string, from: readonly CliCommand[] = commands) {
  let [out, err] = ['', ''];
  const exit = await runCli(
    argumentsOf(line),
    {
      stdin: Readable.from([]),
      stdout: { write: (text) => (out += text) },
      stderr: { write: (text) => (err += text) },
      environment: {},
      clock: systemClock,
      onInterrupt: () => () => undefined,
    },
    from,
  );
  return { exit, out, err };
}

const known = commands.map((command): [string, CliCommand] => [command.words.join(' '), command]);

test.each(known)('the help of netmap %s has an example of it, and each parses', async (words, command) => {
  const examples = examplesOf(command);
  expect(examples.some((line) => `${line} `.startsWith(`netmap ${words} `))).toBe(true);
  const reached: string[] = [];
  const parsed = commands.map((one): CliCommand => {
    return {
      ...one,
      run: () => {
        reached.push(one.words.join(' '));
        return Promise.resolve(EXIT.ok);
      },
    };
  });
  for (const line of examples) expect({ line, ...(await run(line, parsed)) }).toMatchObject({ exit: EXIT.ok, err: '' });
  expect(reached).toHaveLength(examples.length);
});

describe('examples that need no network do what they say', () => {
  const before = process.cwd();
  let node: DoctoredNode;
  let empty: string;
  const all = commands.flatMap(examplesOf);
  const ended = async (line: string): Promise<number> => {
    // Of the help, and no others.
    expect(all).toContain(line);
    return (await run(line)).exit;
  };

  beforeAll(async () => {
    node = await DoctoredNode.create();
    empty = await mkdtemp(join(tmpdir(), 'netmap-examples-'));
  });
  afterAll(async () => {
    process.chdir(before);
    await node.remove();
    await rm(empty, { recursive: true });
  });

  test.each([
    ['netmap config check --config ./netmap.yaml', EXIT.ok],
    ['netmap plan --json', EXIT.partly],
    ['netmap status --all', EXIT.unreachable],
    ['netmap node-info show', EXIT.ok],
    ['netmap node-info verify ./node-info.json', EXIT.ok],
    ['netmap user list', EXIT.ok],
    ['netmap user remove alice', EXIT.usage],
    ['netmap map show', EXIT.failed],
    ['netmap pause --for 2h', EXIT.ok],
    ['netmap resume', EXIT.ok],
    ['netmap backup ./party-a.tar.gz', EXIT.ok],
    ['netmap restore ./party-a.tar.gz', EXIT.ok],
  ])('in the folder of a node: %s', async (line, exit) => {
    process.chdir(node.dev.files.folder);
    expect(await ended(line)).toBe(exit);
  });

  test.each([
    ['netmap simulate broker-config/samples/scenarios/quotes.yaml', EXIT.ok],
    ['netmap completion zsh > ~/.zfunc/_netmap', EXIT.ok],
  ])('in the folder of the package: %s', async (line, exit) => {
    process.chdir(packageRoot());
    expect(await ended(line)).toBe(exit);
  });

  test('in an empty folder: a development network, and one more node', async () => {
    process.chdir(empty);
    expect(await ended('netmap dev-network --nodes 3')).toBe(EXIT.ok);
    expect(await ended('netmap dev-network add --name "O=Party D, L=Singapore, C=SG" --publish')).toBe(EXIT.ok);
  });
});
