import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { runCli } from '../../sidecar/cli/main';
import { systemClock } from '../../sidecar/lib/clock';
import { packageRoot } from '../../sidecar/lib/package-root';

const SAMPLE_ID = 'fc06c3edee3e2737c7089a3a03775c84';
const guide = readFileSync(join(packageRoot(), 'docs/swaptacular-peers.md'), 'utf8');
const lines = [...guide.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) => block.trimEnd().split('\n'));

let folder: string;
const before = process.cwd();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'swaptacular-guide-'));
  process.chdir(folder);
});
afterEach(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

async function netmap(args: readonly string[], piped = '', environment: Record<string, string> = {}) {
  const shown = { out: '', err: '' };
  const exit = await runCli(args, {
    stdout: { write: (text) => (shown.out += text) },
    stderr: { write: (text) => (shown.err += text) },
    stdin: Object.assign(Readable.from([Buffer.from(piped)]), { isTTY: false }),
    environment,
    clock: systemClock,
    onInterrupt: () => () => undefined,
  });
  return { exit, ...shown };
}

test('the guide works as it is written', async () => {
  const shown: string[] = [];
  let id = SAMPLE_ID;
  for (const line of lines) {
    const command = line.replaceAll(SAMPLE_ID, id);
    if (!command.startsWith('netmap ')) {
      shown.push(execFileSync('sh', ['-c', command], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }));
      continue;
    }
    const { exit, out, err } = await netmap(command.split(' ').slice(1));
    expect([command, exit, err]).toEqual([command, 0, '']);
    if (command.includes('ca init creditors-agent')) id = /creditors-agent (\w+)/.exec(out)?.[1] ?? '';
    shown.push(out);
  }
  const all = shown.join('');
  expect(all).toContain(`peer ${id}: active\n`);
  expect(all).toMatch(new RegExp(`^${id} +creditors-agent +active +000001 +1 +ca\\.example:1234$`, 'm'));
  expect(all).toMatch(/^1234abcd +accounting-authority +active +000001 +1 +aa\.example:1234$/m);
  expect(all).toContain(`peer ${id}: queues 3, as of `);
  expect(all).toContain(`peer ${id}: deactivated\n`);
  expect(all).toMatch(/ca\/server\.crt: OK\n.*ca\/server\.crt: OK\n/);
});

test('every command of the group is in the guide', async () => {
  const { out } = await netmap(['ca', '--help']);
  const words = [...out.matchAll(/^ {2}([a-z][a-z-]+) /gm)]
    .map(([, word = '']) => word)
    .filter((word) => word !== 'help');
  expect(words.length).toBe(8);
  for (const word of words) expect(lines.some((line) => line.startsWith(`netmap ca ${word} `))).toBe(true);
});

test('passphrases by variable and by standard input; errors and lists as JSON', async () => {
  const init = ['ca', 'init', 'accounting-authority', '--id', '1234abcd', '--server', 'aa.example:1', '--json'];
  const made = await netmap([...init, '--dir', 'aa'], 'correct horse\n');
  expect(JSON.parse(made.out)).toMatchObject({
    id: '1234abcd',
    nodeType: 'accounting-authority',
    folder: join(process.cwd(), 'aa'),
  });
  const create = ['ca', 'bundle', 'create', 'aa.zip', '--dir', 'aa', '--json'];
  const wrong = await netmap(create, '', { NETMAP_CA_PASSPHRASE: 'wrong horse' });
  expect([wrong.exit, JSON.parse(wrong.out)]).toMatchObject([1, { error: { code: 'ROOT_KEY' } }]);
  const good = await netmap(create, '', { NETMAP_CA_PASSPHRASE: 'correct horse' });
  expect(JSON.parse(good.out)).toMatchObject({ id: '1234abcd', files: ['stomp.toml', 'updated-at.txt'] });
  const again = await netmap(create, 'correct horse\n');
  expect(JSON.parse(again.out)).toMatchObject({ error: { code: 'DATABASE_EXISTS' } });
  const itself = await netmap(['ca', 'sign-peer', 'aa.zip', '--dir', 'aa', '--json'], 'correct horse\n');
  expect(JSON.parse(itself.out)).toMatchObject({ error: { code: 'PEER_TYPE' } });
  const missing = await netmap(['ca', 'bundle', 'verify', 'no.zip', '--json']);
  expect(JSON.parse(missing.out)).toMatchObject({ error: { code: 'INPUT_FILE' } });
  const nothing = await netmap(['ca', 'reconfigure-peer', 'ff', '--dir', 'aa', '--json']);
  expect(JSON.parse(nothing.out)).toMatchObject({ error: { code: 'NODE_INVALID' } });
  const list = await netmap(['ca', 'list', '--dir', 'aa', '--json']);
  expect(JSON.parse(list.out)).toMatchObject({ id: '1234abcd', serverCertificateUntil: null, peers: [], refused: [] });
});

test('a database with a peer that cannot be used is listed, and ends with 3', async () => {
  execFileSync('cp', ['-r', join(packageRoot(), 'test/fixtures/swaptacular/aa'), 'aa']);
  rmSync(join('aa/peers', SAMPLE_ID, 'queues.txt'));
  const { exit, out } = await netmap(['ca', 'list', '--dir', 'aa']);
  expect(exit).toBe(3);
  expect(out).toContain(`peer "${SAMPLE_ID}" cannot be used:\nerror: `);
  expect(out).toContain('no peers\n');
});
