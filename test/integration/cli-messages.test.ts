import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDevNetwork } from '../../sidecar/dev-network/create-dev-network';
import { settingsAt, type DevNode } from '../../sidecar/dev-network/dev-network';
import { systemClock } from '../../sidecar/lib/clock';
import { freePorts } from './support/free-ports';
import { netmap, startNetmap, type Ended } from './support/netmap';
import { NodeChild } from './support/node-child';
import { nodeAccess } from './support/node-access';
import { NodeOperations } from './support/node-operations';
import { until } from './support/until';

jest.setTimeout(300_000);

const [NAME_A, NAME_B, NAME_C] = ['A', 'B', 'C'].map((letter) => `O=Party ${letter}, L=London, C=GB`) as [
  string,
  string,
  string,
];
let folder: string;
let a: DevNode;
let b: DevNode;
let children: NodeChild[] = [];

/** A and B run; C is on the map only. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-cli-'));
  const ports = await freePorts(12);
  const next = (): number => ports.shift() ?? 0;
  const network = await createDevNetwork({
    folder,
    nodes: [NAME_A, NAME_B, NAME_C].map((name) => ({
      name,
      ports: { p2p: next(), node: next(), rpc: next(), rpcAdmin: next() },
    })),
    ...settingsAt(systemClock, randomBytes),
  });
  [a, b] = network.nodes as [DevNode, DevNode];
  children = [new NodeChild(a), new NodeChild(b)];
  await Promise.all(children.map((child) => child.start()));
}, 300_000);

afterAll(async () => {
  await Promise.allSettled(children.map((child) => child.stop()));
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}, 120_000);

const at = (node: DevNode, command: string, ...args: string[]) => [command, '--config', node.files.config, ...args];

function lines(ended: Ended): unknown[] {
  return ended.out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
}

test('messages go and come with their true sender, properties and topic', async () => {
  const sent = await netmap(
    at(
      a,
      'send',
      '--to',
      'C=GB,L=London,O=Party B',
      '--body',
      'hällo',
      '--count',
      '3',
      '--property',
      'k=v',
      '--topic',
      't',
    ),
  );
  expect(sent).toMatchObject({
    exit: 0,
    out: expect.stringContaining(`3 of 3 messages of 6 bytes for ${NAME_B}`) as string,
  });
  const received = await netmap(at(b, 'receive', '--count', '3', '--timeout', '60', '--json'));
  expect(received.exit).toBe(0);
  const messages = lines(received) as { properties: Record<string, string> }[];
  expect(messages).toHaveLength(3);
  for (const message of messages) {
    expect(message).toMatchObject({
      from: { name: NAME_A },
      bytes: 6,
      body: 'hällo',
      properties: { k: 'v', 'platform-topic': 't' },
    });
  }
  expect(new Set(messages.map(({ properties }) => properties['_AMQ_DUPL_ID'])).size).toBe(3);
  const none = await netmap(at(b, 'receive', '--count', '1', '--timeout', '0.5'));
  expect(none).toEqual({ exit: 3, out: '', err: expect.any(String) as string });
});

test('any bytes, from a file and from standard input, to the node itself', async () => {
  const file = join(folder, 'body');
  const bytes = Buffer.from([0, 255, 1, 254]);
  await writeFile(file, bytes);
  expect((await netmap(at(a, 'send', '--to', NAME_A, '--file', file))).exit).toBe(0);
  expect((await netmap(at(a, 'send', '--to', NAME_A), 'by a pipe')).exit).toBe(0);
  const received = await netmap(at(a, 'receive', '--count', '2', '--timeout', '60', '--json'));
  expect(lines(received)).toMatchObject([
    { from: { name: NAME_A }, bodyBase64: bytes.toString('base64') },
    { from: { name: NAME_A }, body: 'by a pipe' },
  ]);
});

test('a rate is kept', async () => {
  const sent = await netmap(at(a, 'send', '--to', NAME_A, '--body', 'x', '--count', '21', '--rate', '50', '--json'));
  expect((lines(sent)[0] as { tookMs: number }).tookMs).toBeGreaterThanOrEqual(390);
  const received = await netmap(at(a, 'receive', '--count', '21', '--timeout', '60'));
  expect({ exit: received.exit, lines: received.out.trimEnd().split('\n').length }).toEqual({ exit: 0, lines: 21 });
});

test('whom the map does not name is refused, with who may be meant', async () => {
  const { exit, out, err } = await netmap(at(a, 'send', '--to', 'Party B', '--body', 'x'));
  expect({ exit, out }).toEqual({ exit: 2, out: '' });
  expect(err).toContain(`did you mean "${NAME_B}"?`);
  const other = await netmap(at(a, 'receive', '--as', NAME_B, '--timeout', '1'));
  expect(other).toMatchObject({ exit: 2, out: '' });
});

test('copies of what comes in are shown while the application gets it, and nothing stays behind', async () => {
  const watcher = startNetmap(at(b, 'tail', '--from', NAME_A, '--topic', 'watched', '--count', '2', '--json'));
  await until('it looks on', async () => (await tails()).length === 1, 60_000);
  const sendAs = (topic: string, body: string) =>
    netmap(at(a, 'send', '--to', NAME_B, '--body', body, '--topic', topic));
  for (const [topic, body] of [
    ['watched', 'one'],
    ['other', 'not shown'],
    ['watched', 'two'],
  ] as const)
    expect((await sendAs(topic, body)).exit).toBe(0);
  const seen = await watcher.ended;
  expect([seen.exit, lines(seen)]).toMatchObject([
    0,
    [
      { from: { name: NAME_A }, body: 'one', properties: { 'platform-topic': 'watched' } },
      { from: { name: NAME_A }, body: 'two' },
    ],
  ]);
  const received = await netmap(at(b, 'receive', '--count', '3', '--timeout', '60', '--json'));
  expect(lines(received)).toMatchObject([{ body: 'one' }, { body: 'not shown' }, { body: 'two' }]);
  expect(await tails()).toEqual([]);
});

test('a watcher that is killed leaves no queue', async () => {
  const watcher = startNetmap(at(b, 'tail'));
  await until('it looks on', () => watcher.err.includes('looking on'), 60_000);
  expect(await tails()).toHaveLength(1);
  watcher.child.kill('SIGKILL');
  await watcher.ended;
  await until('its queue is gone', async () => (await tails()).length === 0, 60_000);
});

/** Names of the queues of copies at B. */
async function tails(): Promise<string[]> {
  const operations = new NodeOperations(await nodeAccess(b));
  try {
    return (await operations.queueNames()).filter((name) => name.startsWith('netmap.tail.'));
  } finally {
    await operations.close();
  }
}

test('what was not shown stays in the queue', async () => {
  const reader = startNetmap(at(a, 'receive', '--json'));
  // Its output goes nowhere from the first message on.
  reader.child.stdout?.destroy();
  expect((await netmap(at(a, 'send', '--to', NAME_A, '--body', 'keep me'))).exit).toBe(0);
  expect((await reader.ended).exit).not.toBe(0);
  const received = await netmap(at(a, 'receive', '--count', '1', '--timeout', '60', '--json'));
  expect(lines(received)).toMatchObject([{ body: 'keep me' }]);
});

test('reading ends in good order when interrupted', async () => {
  const reader = startNetmap(at(a, 'receive', '--json'));
  expect((await netmap(at(a, 'send', '--to', NAME_A, '--body', 'seen'))).exit).toBe(0);
  await reader.says('"seen"');
  reader.child.kill('SIGINT');
  expect((await reader.ended).exit).toBe(0);
});

test('files are messages, lines are messages, and topics and senders are told apart', async () => {
  const [one, two] = [join(folder, 'one'), join(folder, 'two')];
  await writeFile(one, '1');
  await writeFile(two, '22');
  const files = await netmap(at(a, 'send', '--to', NAME_B, '--file', one, '--file', two, '--topic', 'files', '--json'));
  expect(lines(files)).toMatchObject([{ to: { name: NAME_B }, sent: 2, totalBytes: 3 }]);
  const typed = ['--topic', 'lines', '--content-type', 'application/json'];
  expect(await netmap(at(a, 'send', '--to', NAME_B, '--lines', ...typed), '{}\n\n[1]')).toMatchObject({
    exit: 0,
    out: expect.stringContaining(`3 of 3 messages of 5 bytes in all for ${NAME_B}`) as string,
  });
  expect((await netmap(at(b, 'send', '--to', NAME_B, '--topic', 'lines', '--body', 'own'))).exit).toBe(0);
  const from = (name: string, topic: string) =>
    netmap(at(b, 'receive', '--from', name, '--topic', topic, '--timeout', '5', '--json'));
  expect(lines(await from(NAME_A, 'lines'))).toMatchObject([
    { from: { name: NAME_A }, to: { name: NAME_B }, body: '{}', contentType: 'application/json', attempt: 1 },
    { body: '' },
    { body: '[1]' },
  ]);
  expect(lines(await from(NAME_B, 'lines'))).toMatchObject([{ from: { name: NAME_B }, body: 'own' }]);
  expect(lines(await from(NAME_A, 'files'))).toMatchObject([{ body: '1' }, { body: '22' }]);
});

test('of two with one duplicate ID the second is dropped', async () => {
  for (let many = 0; many < 2; many += 1)
    expect((await netmap(at(a, 'send', '--to', NAME_A, '--body', 'once', '--duplicate-id', 'one'))).exit).toBe(0);
  const received = await netmap(at(a, 'receive', '--count', '2', '--timeout', '3', '--json'));
  expect([received.exit, lines(received).length]).toEqual([3, 1]);
});

test('each message in a file, then acknowledged; a stream as well, to the byte', async () => {
  const [out, film] = [join(folder, 'inbox'), join(folder, 'film')];
  const bytes = randomBytes(8 * 1_048_576);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  await writeFile(film, bytes);
  expect((await netmap(at(a, 'send', '--to', NAME_B, '--body', 'small', '--property', 'k=v'))).exit).toBe(0);
  const sent = await netmap(at(a, 'send', '--to', NAME_B, '--stream', '--file', film, '--topic', 'film', '--json'));
  expect(lines(sent)).toMatchObject([{ to: { name: NAME_B }, bytes: bytes.length, sha256, parts: 32 }]);
  const piped = await netmap(at(a, 'send', '--to', NAME_B, '--stream', '--duplicate-id', 'piped'), bytes);
  expect(piped).toMatchObject({ exit: 0, out: expect.stringContaining(`SHA-256 ${sha256}`) as string });
  const received = await netmap(at(b, 'receive', '--out', out, '--count', '3', '--timeout', '60', '--json'));
  expect(received.exit).toBe(0);
  const shown = lines(received) as { file: string; sha256: string; bytes: number; parts?: number }[];
  expect(shown.map(({ bytes: size }) => size).sort((one, other) => one - other)).toEqual([
    5,
    bytes.length,
    bytes.length,
  ]);
  for (const { file, sha256: said } of shown)
    expect(
      createHash('sha256')
        .update(await readFile(file))
        .digest('hex'),
    ).toBe(said);
  expect(shown.filter(({ parts }) => parts === 32).map(({ sha256: said }) => said)).toEqual([sha256, sha256]);
  const small = shown.find(({ bytes: size }) => size === 5)?.file ?? '';
  expect(JSON.parse(await readFile(small.replace(/body$/, 'json'), 'utf8'))).toMatchObject({
    from: { name: NAME_A },
    headers: { k: 'v' },
  });
  expect(await readdir(out)).toHaveLength(6);
  const rest = await netmap(at(b, 'receive', '--out', out, '--timeout', '2'));
  expect(rest).toMatchObject({ exit: 0, out: '' });
});

test('a stream that was interrupted goes on with the rest under its duplicate ID, and comes once', async () => {
  const [pipe, film, out] = [join(folder, 'film-pipe'), join(folder, 'long-film'), join(folder, 'long-inbox')];
  const bytes = randomBytes(8 * 1_048_576);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  await writeFile(film, bytes);
  execFileSync('mkfifo', [pipe]);
  const stream = (file: string) =>
    at(a, 'send', '--to', NAME_B, '--stream', '--duplicate-id', 'film-7', '--topic', 'long', '--file', file);
  const sender = startNetmap(stream(pipe));
  const writer = await open(pipe, 'w');
  await writer.write(bytes.subarray(0, 5 * 1_048_576));
  // The film stands still here.
  await until('parts are stored', () => /sending: [1-9]\d*\.\d MB/.test(sender.err), 60_000);
  sender.child.kill('SIGINT');
  const { exit, err } = await sender.ended;
  await writer.close();
  const before = Number(/^(\d+) bytes were stored before; the same command goes on with the rest$/m.exec(err)?.[1]);
  expect([exit, before >= 1_000_000, before < bytes.length]).toEqual([130, true, true]);
  expect((await netmap(at(b, 'receive', '--out', out, '--topic', 'long', '--timeout', '2', '--json'))).out).toBe('');

  const sent = await netmap([...stream(film), '--json']);
  expect(lines(sent)).toMatchObject([{ stream: 'film-7', bytes: bytes.length, sha256, parts: 32 }]);
  expect((await netmap(stream(film))).exit).toBe(0);
  const received = await netmap(at(b, 'receive', '--out', out, '--topic', 'long', '--timeout', '10', '--json'));
  expect(lines(received)).toMatchObject([{ from: { name: NAME_A }, bytes: bytes.length, sha256, parts: 32 }]);
  const [{ file }] = lines(received) as [{ file: string }];
  expect((await readFile(file)).equals(bytes)).toBe(true);
});

test.each(['--file', '--lines --file', '--stream --file', '--stream --duplicate-id p --file'])(
  'Ctrl-C ends what waits for a named pipe that nobody writes to: %s',
  async (options) => {
    const pipe = join(folder, `silent-${randomBytes(4).toString('hex')}`);
    execFileSync('mkfifo', [pipe]);
    const sender = startNetmap(at(a, 'send', '--to', NAME_B, ...options.split(' '), pipe));
    await until('it waits', () => sender.err.includes('sending'), 60_000);
    sender.child.kill('SIGINT');
    expect(await sender.ended).toMatchObject({ exit: 130, out: '' });
  },
);

test('what cannot be written is not acknowledged', async () => {
  const out = join(folder, 'gone');
  const reader = startNetmap(at(a, 'receive', '--out', out, '--json'));
  await until('it reads', async () => (await readdir(folder)).includes('gone'), 60_000);
  await rm(out, { recursive: true });
  expect((await netmap(at(a, 'send', '--to', NAME_A, '--body', 'kept'))).exit).toBe(0);
  const ended = await reader.ended;
  expect([ended.exit, lines(ended)]).toMatchObject([1, [{ error: { code: 'OUT_UNUSABLE' } }]]);
  const again = await netmap(at(a, 'receive', '--count', '1', '--timeout', '60', '--json'));
  expect(lines(again)).toMatchObject([{ body: 'kept', attempt: 2 }]);
});

test('sending that is interrupted says how many are stored', async () => {
  const sender = startNetmap(at(a, 'send', '--to', NAME_A, '--body', 'x', '--count', '1000', '--rate', '20'));
  await until(
    'some are stored',
    () => /sending: \d+ messages of 1000 messages, \d+ messages a second/.test(sender.err),
    60_000,
  );
  sender.child.kill('SIGINT');
  const { exit, err, out } = await sender.ended;
  const stored = Number(/^(\d+) of 1000 messages were stored before$/m.exec(err)?.[1]);
  expect([exit, out]).toEqual([130, '']);
  expect(stored).toBeGreaterThan(5);
  const received = await netmap(at(a, 'receive', '--timeout', '3'));
  expect(received.out.trimEnd().split('\n')).toHaveLength(stored);
});

test.each([
  [['--body', 'x', '--lines'], '--body and --lines do not go together'],
  [['--body', 'x', '--count', '2', '--duplicate-id', 'd'], '--duplicate-id and more than one message'],
  [['--body', 'x', '--property', 'netmap_x=y'], 'the message has the header "netmap_x"'],
  [['--file', '/nowhere/at/all'], '/nowhere/at/all cannot be read'],
])('%j is refused', async (options, expected) => {
  const { exit, err } = await netmap(at(a, 'send', '--to', NAME_A, ...options));
  expect([exit, err]).toEqual([2, expect.stringContaining(expected)]);
});

test('what waits for a node that is away is shown by status', async () => {
  const before = await netmap(at(a, 'status', '--json'));
  expect(before.exit).toBe(0);
  expect((await netmap(at(a, 'send', '--to', NAME_C, '--body', 'x', '--count', '5'))).exit).toBe(0);
  let ended: Ended = before;
  await until(
    'C waits',
    async () => {
      ended = await netmap(at(a, 'status', '--json'));
      return ended.exit === 3;
    },
    60_000,
  );
  expect(lines(ended)[0]).toMatchObject({
    alive: true,
    node: { name: NAME_A },
    broker: { kind: 'embedded', state: 'ready' },
    peers: expect.arrayContaining([
      expect.objectContaining({ name: NAME_C, phase: 'waiting', queued: 5 }) as unknown,
    ]) as unknown,
  });
  const text = await netmap(at(a, 'status'));
  expect(text.out).toMatch(/O=Party C, L=London, C=GB +waiting .*ACCESS_UNREACHABLE/);
});

test('plan finds nothing to do', async () => {
  await expect(netmap(at(a, 'plan'))).resolves.toMatchObject({ exit: 0, out: 'no changes\n' });
});

test('a node that does not run is told apart', async () => {
  const config = join(folder, 'nodes', 'party-c', 'netmap.yaml');
  const sent = await netmap(['send', '--config', config, '--to', NAME_A, '--body', 'x']);
  expect(sent).toMatchObject({ exit: 4, out: '' });
  expect(sent.err).toContain(`start it: netmap run --config ${config}`);
  expect((await netmap(['status', '--config', config])).exit).toBe(4);
});
