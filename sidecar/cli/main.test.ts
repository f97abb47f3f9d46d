import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { delay, ManualClock } from '../lib/clock';
import { NetmapError } from '../lib/errors';
import type { CliCommand } from './command';
import { EXIT } from './exit-codes';
import { runCli } from './main';
import type { CliIo, InterruptSignal } from './process-io';

class SampleError extends NetmapError<'PEER_UNREACHABLE' | 'BROKER_TOO_OLD'> {}

interface FakeIo extends CliIo {
  out: string;
  err: string;
  interrupt: (signal: InterruptSignal) => void;
}

function fakeIo(isTTY = false): FakeIo {
  const io: FakeIo = {
    out: '',
    err: '',
    stdout: { isTTY, write: (text) => (io.out += text) },
    stderr: { isTTY, write: (text) => (io.err += text) },
    stdin: Readable.from([]),
    environment: {},
    clock: new ManualClock(),
    interrupt: () => undefined,
    onInterrupt(callback) {
      io.interrupt = callback;
      return () => (io.interrupt = () => undefined);
    },
  };
  return io;
}

function sample(run: CliCommand<{ to?: string }>['run']): CliCommand<{ to?: string }>[] {
  return [
    {
      words: ['send'],
      summary: 'sends one',
      details: 'Example: netmap send hello',
      configure: (command) => command.argument('<text>').argument('[more]').option('--to <peer>', 'to whom'),
      run,
    },
  ];
}

async function cli(args: string[], commands?: CliCommand<{ to?: string }>[], io = fakeIo()) {
  const exit = await runCli(args, io, commands);
  return { exit, out: io.out, err: io.err };
}

const fails = (error: Error) => sample(() => Promise.reject(error));

test('hands arguments and options to the command, wherever the global ones stand', async () => {
  const seen: unknown[] = [];
  const commands = sample(async ({ output }, { args, options }) => {
    seen.push(args, options, output.json);
    return EXIT.partly;
  });
  await expect(cli(['send', 'hello', '--to', 'B', '--json'], commands)).resolves.toMatchObject({ exit: 3, out: '' });
  await cli(['--json', 'send', 'hello', '--to', 'B'], commands);
  const once = [['hello', undefined], { to: 'B' }, true];
  expect(seen).toEqual([...once, ...once]);
});

test('shows results as text or as JSON', async () => {
  const commands = sample(async ({ output }) => {
    output.note('by the way');
    output.result({ serial: 7n }, ({ serial }) => `serial ${serial.toString()}`);
    return EXIT.ok;
  });
  await expect(cli(['send', 'x'], commands)).resolves.toEqual({ exit: 0, out: 'serial 7\n', err: 'by the way\n' });
  await expect(cli(['send', 'x', '--json'], commands)).resolves.toEqual({ exit: 0, out: '{"serial":"7"}\n', err: '' });
});

test('shows an error as what and where, cause, and what to do', async () => {
  const cause = new SampleError('PEER_UNREACHABLE', 'no route\u001b[2J');
  const error = new SampleError('BROKER_TOO_OLD', 'Artemis 2.40.0 in /opt/a', { remedy: 'take 2.50 or later', cause });
  await expect(cli(['send', 'x'], fails(error))).resolves.toEqual({
    exit: EXIT.failed,
    out: '',
    err: `error: Artemis 2.40.0 in /opt/a
  to do: take 2.50 or later
  code:  BROKER_TOO_OLD
  cause: no route\\u001b[2J
`,
  });
  const { out, err } = await cli(['send', 'x', '--json'], fails(error));
  expect(err).toBe('');
  expect(JSON.parse(out)).toEqual({
    error: {
      code: 'BROKER_TOO_OLD',
      message: 'Artemis 2.40.0 in /opt/a',
      remedy: 'take 2.50 or later',
      causes: [{ code: 'PEER_UNREACHABLE', message: 'no route\u001b[2J' }],
    },
  });
});

test('exit codes follow the error', async () => {
  await expect(cli(['send', 'x'], fails(new SampleError('PEER_UNREACHABLE', 'a')))).resolves.toMatchObject({
    exit: EXIT.unreachable,
  });
  const bug = await cli(['send', 'x'], fails(new TypeError('oops')));
  expect(bug.exit).toBe(EXIT.failed);
  expect(bug.err).toContain('a fault of netmap itself');
});

test.each([
  [['sned', 'x'], /unknown command 'sned' \(Did you mean send\?\)/],
  [['send', 'x', '--tp', 'B'], /unknown option '--tp' \(Did you mean --to\?\)/],
  [['send'], /missing required argument 'text'/],
  [['send', 'a', 'b', 'c'], /too many arguments/],
])('a wrong command line: %j', async (args, message) => {
  const commands = sample(async () => EXIT.ok);
  const text = await cli(args, commands);
  expect(text).toMatchObject({ exit: EXIT.usage, out: '', err: expect.stringMatching(message) as string });
  expect(text.err.match(/error:/g)).toHaveLength(1);
  const json = await cli([...args, '--json'], commands);
  expect(json.err).toBe('');
  expect(JSON.parse(json.out)).toMatchObject({ error: { code: 'USAGE' } });
});

test('help and version', async () => {
  const help = await cli(['--help']);
  expect(help).toMatchObject({ exit: EXIT.ok, err: '' });
  expect(help.out).toContain('Exit codes: 0 done');
  expect(
    (
      await cli(
        ['send', '--help'],
        sample(async () => EXIT.ok),
      )
    ).out,
  ).toContain('Example: netmap send hello');
  expect((await cli(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(await cli([])).toMatchObject({ exit: EXIT.usage, out: '' });
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s aborts the command', async (signal, exit) => {
  const io = fakeIo();
  const commands = sample(async (context) => {
    await delay(context.clock, 1000, context.signal);
    return EXIT.ok;
  });
  const ended = cli(['send', 'x'], commands, io);
  io.interrupt(signal);
  await expect(ended).resolves.toEqual({ exit, out: '', err: '' });
});

test('a command that ends in good order on a signal keeps its own exit code', async () => {
  const io = fakeIo();
  const commands = sample(async (context) => {
    await delay(context.clock, 1000, context.signal).catch(() => undefined);
    return EXIT.ok;
  });
  const ended = cli(['send', 'x'], commands, io);
  io.interrupt('SIGTERM');
  await expect(ended).resolves.toMatchObject({ exit: EXIT.ok });
});

test.each([
  [true, [], {}, true],
  [false, [], {}, false],
  [true, ['--no-color'], {}, false],
  [true, [], { NO_COLOR: '1' }, false],
])('colours on a terminal only (terminal %j, %j, %j)', async (terminal, args, environment, coloured) => {
  const io = { ...fakeIo(terminal), environment };
  let err = '';
  io.stderr = { isTTY: terminal, write: (text) => (err += text) };
  const commands = sample(async ({ createLog }) => {
    createLog({ level: 'info', format: 'text' }).error('bad');
    return EXIT.ok;
  });
  await runCli(['send', 'x', ...args], io, commands);
  expect(err.includes('\u001b[')).toBe(coloured);
});

describe('config check', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'netmap-cli-'));
    await mkdir(join(folder, 'map'));
    for (const name of ['own', 'key', 'chain', 'roots']) await writeFile(join(folder, name), name, { mode: 0o600 });
    const certificates = 'certificates: { key: { file: key }, chain: chain, roots: roots }';
    const text = `node: { nodeInfo: own }\n${certificates}\nsources: [{ directory: { path: map } }]\n`;
    await writeFile(join(folder, 'netmap.yaml'), text);
  });
  afterEach(() => rm(folder, { recursive: true }));

  const check = (...more: string[]) => cli(['config', 'check', '--config', join(folder, 'netmap.yaml'), ...more]);

  test('shows every default', async () => {
    const { exit, out } = await check();
    expect(exit).toBe(EXIT.ok);
    expect(out).toContain('idleSeconds: 60');
    expect(out).toContain(`file: ${join(folder, 'key')}`);
    expect(JSON.parse((await check('--json')).out)).toMatchObject({ profile: 'corda', bridges: { idleSeconds: 60 } });
  });

  test('a key that others may read is refused', async () => {
    await chmod(join(folder, 'key'), 0o644);
    const { exit, err } = await check();
    expect(exit).toBe(EXIT.usage);
    expect(err).toContain(`to do: run: chmod 600 ${join(folder, 'key')}`);
  });

  test('problems have their places', async () => {
    await writeFile(join(folder, 'netmap.yaml'), 'nodes: 1\n');
    const { exit, err } = await check();
    expect(exit).toBe(EXIT.usage);
    expect(err).toContain(`${join(folder, 'netmap.yaml')}:1:1: nodes: is not a known setting; did you mean "node"?`);
    const { error } = JSON.parse((await check('--json')).out) as { error: { problems: unknown[] } };
    expect(error.problems).toHaveLength(4);
  });
});
