import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ManualClock } from '../lib/clock';
import { packageRoot } from '../lib/package-root';
import { runCli } from './main';

const QUOTES = join(packageRoot(), 'broker-config/samples/scenarios/quotes.yaml');
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-simulate-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function simulate(...args: string[]) {
  const seen = { out: '', err: '' };
  const exit = await runCli(['simulate', ...args], {
    stdout: { write: (text) => (seen.out += text) },
    stderr: { write: (text) => (seen.err += text) },
    stdin: Readable.from([]),
    environment: {},
    clock: new ManualClock(),
    onInterrupt: () => () => undefined,
  });
  return { exit, ...seen };
}

test('a diagram on standard output, what became of it in words on standard error', async () => {
  const { exit, out, err } = await simulate(QUOTES);
  expect(exit).toBe(0);
  expect(out).toMatch(/^sequenceDiagram\n {2}participant N1 as O=Buyer, L=London, C=GB\n/);
  expect(out).toMatch(/^ {2}N1->>N\d: \+\d+ ms crossed request quote [0-9a-f]{6}$/m);
  expect(err).toBe('3 sent: 1 stored, 2 replied, 0 failed, 0 waiting; 20 events\n');
});

test('everything as JSON, with the seed of the file or the one that is given', async () => {
  const { exit, out, err } = await simulate(QUOTES, '--json');
  expect({ exit, err }).toEqual({ exit: 0, err: '' });
  expect(JSON.parse(out)).toMatchObject({
    seed: 7,
    nodes: expect.any(Array) as unknown,
    sent: [{ outcome: 'replied' }, {}, {}],
  });
  const other = await simulate(QUOTES, '--json', '--seed', '8');
  expect(JSON.parse(other.out)).toMatchObject({ seed: 8 });
  expect(await simulate(QUOTES, '--json', '--seed', '8')).toEqual(other);
});

test('into a file', async () => {
  const diagram = join(folder, 'quotes.mmd');
  expect(await simulate(QUOTES, '--out', diagram)).toMatchObject({ exit: 0, out: `written: ${diagram}\n` });
  expect(await readFile(diagram, 'utf8')).toBe((await simulate(QUOTES)).out);
  const data = join(folder, 'quotes.json');
  const written = await simulate(QUOTES, '--json', '--out', data);
  expect(JSON.parse(written.out)).toEqual({ file: data, events: 20 });
  expect(await readFile(data, 'utf8')).toBe((await simulate(QUOTES, '--json')).out);
});

test('what is wrong with the command line or the file: exit code 2, and what to do', async () => {
  const none = join(folder, 'none.yaml');
  expect(await simulate(none)).toMatchObject({
    exit: 2,
    err: expect.stringContaining(`scenario ${none} does not exist`) as string,
  });
  const file = join(folder, 'bad.yaml');
  await writeFile(file, 'nodes: { a: "O=A, L=London, C=GB" }\nsteps: [{ from: a, to: b, body: x }]\n');
  const { exit, err } = await simulate(file);
  expect(exit).toBe(2);
  expect(err).toContain(
    `${file}:2:24: steps[0].to: is "b", which is no node or service of this scenario; did you mean "a"?`,
  );
  expect(err).toContain(`to do: correct ${file}`);
  expect(await simulate(QUOTES, '--seed', 'x')).toMatchObject({ exit: 2 });
  expect(await simulate(QUOTES, '--out', join(folder, 'none', 'x'))).toMatchObject({ exit: 2, out: '' });
});
