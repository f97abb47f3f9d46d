import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { isOutcome, AmqpProbe } from '../../sidecar/broker/probe/amqp-probe';
import { pinnedTo } from '../../sidecar/broker/probe/probe-targets';
import { EXIT } from '../../sidecar/cli/exit-codes';
import { runCli } from '../../sidecar/cli/main';
import {
  connectRpc,
  openRpcServer,
  RpcFault,
  type RpcClient,
  type RpcHandler,
  type RpcProblem,
  type RpcServer,
} from '../../sidecar/control/messaging';
import { systemClock } from '../../sidecar/lib/clock';
import { PASSWORDS } from './support/attackers';
import { startTestNetwork, type TestNetwork, type TestNode } from './support/node';
import { withOperations } from './support/queue-counts';
import { TcpProxy } from './support/tcp-proxy';
import { until } from './support/until';

jest.setTimeout(120_000);

const KB = 1024;
const BASE = 'memory: { addressMaxSize: 1M, pageSize: 500K }\n';

let network: TestNetwork;
/** Its RPC acceptor has the node's certificate. */
let alpha: TestNode;
/** Its RPC acceptor has no TLS. */
let bravo: TestNode;
let proxy: TcpProxy;
let base: string;
const problems: RpcProblem[] = [];
let servers: RpcServer[] = [];
let clients: RpcClient[] = [];
/** Ends the call of `slow` that is at work; undefined while none is. */
let release: (() => void) | undefined;

const handler: RpcHandler = async ({ user, method, body, headers, attempt }) => {
  if (method === 'fault') throw new RpcFault('NO_FUNDS', 'the account is empty');
  if (method === 'broken') throw new Error('not for strangers');
  if (method === 'slow') await new Promise<void>((resolve) => (release = resolve));
  if (method === 'large') return { body: Buffer.alloc(Number(body.toString()), 'x') };
  return { body: `${user} ${method ?? ''} ${body.toString()} ${attempt}`, contentType: 'text/plain', headers };
};

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'netmap-base-'));
  await writeFile(join(base, 'base.yaml'), BASE);
  network = await startTestNetwork({
    nodes: [
      { name: 'O=Alpha, L=London, C=GB', alias: 'alpha' },
      { name: 'O=Bravo, L=Rome, C=IT', alias: 'bravo' },
    ],
    rpcUsers: PASSWORDS,
    configure: (config, alias) => ({
      ...config,
      broker: { ...config.broker, base: join(base, 'base.yaml') },
      acceptors: { ...config.acceptors, rpc: { ...config.acceptors.rpc, tls: alias === 'alpha' ? 'own' : 'off' } },
    }),
  });
  alpha = network.node('alpha');
  bravo = network.node('bravo');
  proxy = await TcpProxy.start(alpha.config.acceptors.rpc.port);
}, 240_000);

afterEach(async () => {
  release?.();
  release = undefined;
  proxy.turn('open');
  await Promise.all(clients.map((client) => client.close({ timeoutMs: 100 })));
  await Promise.all(servers.map((server) => server.close({ timeoutMs: 100 })));
  [clients, servers] = [[], []];
  problems.length = 0;
});

afterAll(async () => {
  await proxy.close();
  await network.stop();
  await rm(base, { recursive: true, force: true });
});

async function serve(node = alpha, through: 'node' | 'rpcAdmin' = 'rpcAdmin'): Promise<RpcServer> {
  const onProblem = (problem: RpcProblem): void => void problems.push(problem);
  const server = await openRpcServer(handler, { configFile: node.dev.files.config, through, onProblem });
  servers.push(server);
  return server;
}

interface ConnectOptions {
  readonly node?: TestNode;
  readonly port?: number;
  readonly roots?: string;
  readonly subject?: string;
}

async function connect(user: keyof typeof PASSWORDS = 'alice', options: ConnectOptions = {}): Promise<RpcClient> {
  const { node = alpha, port = node.config.acceptors.rpc.port, subject = 'O=Alpha, L=London, C=GB' } = options;
  const { roots = node.material.stores.ownCertificate } = options;
  const client = await connectRpc({
    address: { host: '127.0.0.1', port },
    user,
    password: PASSWORDS[user],
    ...(node === alpha ? { tls: { roots, subject } } : {}),
    reconnect: { min: 50, max: 500 },
  });
  clients.push(client);
  return client;
}

const replyQueues = () =>
  withOperations(alpha, (operations) =>
    operations.listQueues({ field: 'address', operation: 'CONTAINS', value: 'rpc.client.' }),
  );

describe.each(['node', 'rpcAdmin'] as const)('a server by the acceptor %s', (through) => {
  test('answers with what it was asked, by whom the broker says', async () => {
    await serve(alpha, through);
    const [alice, bob] = [await connect('alice'), await connect('bob')];
    const reply = await alice.call('greet', 'hello', { headers: { trace: '7' } });
    expect(reply).toMatchObject({ contentType: 'text/plain', headers: { trace: '7' } });
    expect(reply.body.toString()).toBe('alice greet hello 1');
    expect((await bob.call('greet', 'hello')).body.toString()).toBe('bob greet hello 1');
  });
});

test('a client without TLS, where the acceptor has none', async () => {
  await serve(bravo);
  const alice = await connect('alice', { node: bravo });
  expect((await alice.call('greet', 'plain')).body.toString()).toBe('alice greet plain 1');
});

test('a client that trusts the authority above the server, and one that expects another server', async () => {
  await serve();
  const roots = await readFile(alpha.config.certificates.roots, 'utf8');
  const alice = await connect('alice', { roots });
  expect((await alice.call('greet', 'x')).body.toString()).toBe('alice greet x 1');
  const other = { code: 'ACCESS_WRONG_PEER' };
  await expect(connect('alice', { roots, subject: 'O=Bravo, L=Rome, C=IT' })).rejects.toMatchObject(other);
  await expect(connect('alice', { roots: bravo.material.stores.ownCertificate })).rejects.toMatchObject(other);
});

test('500 calls at once, each with its own answer', async () => {
  const server = await serve();
  const alice = await connect();
  const calls = Array.from({ length: 500 }, (_, number) => alice.call('echo', String(number)));
  const answers = (await Promise.all(calls)).map(({ body }) => body.toString());
  expect(answers).toEqual(calls.map((_, number) => `alice echo ${number} 1`));
  await until('all are counted', () => server.counts.answered === 500);
  expect(server.counts).toEqual({ answered: 500, faults: 0, refused: 0, failed: 0, lost: 0 });
});

test('a fault is the client’s; of another error he learns only that there was one', async () => {
  const server = await serve();
  const alice = await connect();
  const fault = { name: 'RpcFault', code: 'NO_FUNDS', message: 'the account is empty' };
  await expect(alice.call('fault', '')).rejects.toMatchObject(fault);
  const hidden = { code: 'RPC_INTERNAL', message: 'the call failed at the server' };
  await expect(alice.call('broken', '')).rejects.toMatchObject(hidden);
  expect(problems).toMatchObject([
    { kind: 'failed', user: 'alice', method: 'broken', error: { message: 'not for strangers' } },
  ]);
  await expect(alice.call('large', String(20_000 * KB))).rejects.toMatchObject({ code: 'RPC_ANSWER_TOO_LARGE' });
  // What the broker has taken over is counted when it says so, which may be after the client has it.
  await until('all are counted', () => server.counts.answered === 3);
  expect(server.counts).toMatchObject({ faults: 1, failed: 2 });
});

test('the reply queue is temporary, has one reader, and is gone when he is: closed, or cut off', async () => {
  await serve();
  const alice = await connect('alice', { port: proxy.port });
  const [queue, ...others] = await replyQueues();
  expect(others).toEqual([]);
  expect(queue).toMatchObject({ temporary: true, durable: false, consumerCount: 1, routingType: 'MULTICAST' });
  expect(queue?.address).toMatch(/^rpc\.client\.alice\.[0-9a-f-]{36}$/);
  proxy.turn('closed');
  await until('the queue of the lost connection is gone', async () => (await replyQueues()).length === 0);
  proxy.turn('open');
  await until('she is back', () => alice.state.phase === 'connected');
  expect((await alice.call('greet', 'again')).body.toString()).toBe('alice greet again 1');
  expect((await replyQueues()).map(({ address }) => address)).not.toContain(queue?.address);
  await alice.close();
  await until('her queue is gone', async () => (await replyQueues()).length === 0);
  // The broker looks for addresses that nobody needs any more each half minute.
  await until(
    'its address is gone',
    async () => {
      const names = await withOperations(alpha, (operations) => operations.addressNames());
      return !names.some((name) => name.startsWith('rpc.client.'));
    },
    75_000,
  );
});

test('a call on its way when the connection is lost fails; one that waits for a connection goes out with the next', async () => {
  await serve();
  const alice = await connect('alice', { port: proxy.port });
  const lost = alice.call('slow', '');
  const failed = expect(lost).rejects.toMatchObject({ code: 'CONNECTION_LOST', decision: 'retry' });
  await until('the server has it', () => release !== undefined);
  proxy.turn('closed');
  await failed;
  const waiting = alice.call('greet', 'later');
  proxy.turn('open');
  expect((await waiting).body.toString()).toBe('alice greet later 1');
  release?.();
  const deadLetters = () => withOperations(alpha, (operations) => operations.messageCount('dead-letters'));
  // The address of a client outlives him for half a minute at most: until then an answer to him is a dead letter.
  await until('the answer to nobody is told', async () => problems.length > 0 || (await deadLetters()) === 1);
});

test('a request lives as long as its caller waits; a server that comes later does not do it', async () => {
  const alice = await connect();
  await expect(alice.call('greet', 'x', { timeoutMs: 300 })).rejects.toMatchObject({ code: 'REQUEST_TIMEOUT' });
  const abort = new AbortController();
  const given = alice.call('greet', 'y', { signal: abort.signal, timeoutMs: 1_000 });
  abort.abort(new Error('enough'));
  await expect(given).rejects.toMatchObject({ code: 'ABORTED' });
  await until(
    'the broker has let them expire',
    async () => (await withOperations(alpha, (operations) => operations.messageCount('rpc.server'))) === 0,
  );
  const server = await serve();
  expect((await alice.call('greet', 'z')).body.toString()).toBe('alice greet z 1');
  await until('it is counted', () => server.counts.answered > 0);
  expect(server.counts).toMatchObject({ answered: 1, lost: 0 });
});

test('a server that is closed ends what it has begun, and leaves the rest to the next', async () => {
  const first = await serve();
  const alice = await connect();
  const begun = alice.call('slow', 'one');
  await until('it has begun', () => release !== undefined);
  const closing = first.close();
  const next = alice.call('greet', 'two');
  release?.();
  expect((await begun).body.toString()).toBe('alice slow one 1');
  await closing;
  await serve();
  expect((await next).body.toString()).toBe('alice greet two 1');
});

test('who does not read his answers fills his own queue, and holds up nobody else', async () => {
  const server = await serve();
  const bob = await connect('bob');
  const probe = await AmqpProbe.open({
    address: { host: '127.0.0.1', port: alpha.config.acceptors.rpc.port },
    protocol: 'AMQP',
    tls: pinnedTo(alpha.material.stores.ownCertificate),
    user: 'alice',
    password: PASSWORDS.alice,
    timeoutMs: 30_000,
  });
  const replyTo = 'rpc.client.alice.deaf';
  const deaf = await probe.receiver({ address: replyTo, capabilities: ['topic'] });
  if (isOutcome(deaf)) throw new Error(deaf.words);
  for (let sent = 0; sent < 150; sent += 1) {
    await probe.send('rpc.server.from.alice', {
      reply_to: replyTo,
      body: String(100 * KB),
      application_properties: { 'platform-topic': 'large' },
    });
  }
  // Each of hers would have held a handler for the ten seconds after which its reply is given up.
  for (let call = 0; call < 20; call += 1)
    expect((await bob.call('greet', 'me', { timeoutMs: 8_000 })).body.toString()).toBe('bob greet me 1');
  await until('all of hers were answered or lost', () => server.counts.answered + server.counts.lost === 170);
  expect(problems.length).toBeGreaterThan(120);
  expect(problems.every(({ kind, user }) => kind === 'lost' && user === 'alice')).toBe(true);
  expect(problems.map(({ error }) => error.message).join()).toContain('resource-limit-exceeded');
  await probe.close();
});

describe('the file of users, by the command line, while the node runs', () => {
  async function user(args: string[], password = ''): Promise<void> {
    const shown = { err: '' };
    const exit = await runCli(['user', ...args, '--config', alpha.dev.files.config], {
      stdout: { write: () => undefined },
      stderr: { write: (text) => (shown.err += text) },
      stdin: Readable.from([Buffer.from(password)]),
      environment: {},
      clock: systemClock,
      onInterrupt: () => () => undefined,
    });
    expect([exit, shown.err]).toEqual([EXIT.ok, '']);
  }
  const connectAs = async (name: string, password: string): Promise<RpcClient> => {
    const client = await connectRpc({
      address: { host: '127.0.0.1', port: alpha.config.acceptors.rpc.port },
      user: name,
      password,
      tls: { roots: alpha.material.stores.ownCertificate },
      reconnect: { min: 50, max: 500 },
    });
    clients.push(client);
    return client;
  };

  test('a new user asks within seconds; when he is removed he is cut off, and the others are not disturbed', async () => {
    await serve();
    const bob = await connect('bob');
    const states: string[] = [];
    bob.onState(({ phase }) => states.push(phase));
    const file = alpha.dev.files.rpcUsers;
    const before = `# kept\n${await readFile(file, 'utf8')}`;
    await writeFile(file, before);
    await expect(connectAs('carol', 'first')).rejects.toMatchObject({ code: 'ACCESS_LOGIN' });

    await user(['add', 'carol'], 'first\n');
    expect(await readFile(file, 'utf8')).toContain('# kept');
    await until('carol is live', () => alpha.sidecar.status().rpcUsers?.count === 3);
    await until('carol may log in', async () =>
      connectAs('carol', 'first').then(
        () => true,
        () => false,
      ),
    );
    const carol = clients.at(-1);
    expect((await carol?.call('greet', 'me'))?.body.toString()).toBe('carol greet me 1');

    await user(['remove', 'carol']);
    await until('carol is cut off', () => carol?.state.phase === 'reconnecting');
    await expect(connectAs('carol', 'first')).rejects.toMatchObject({ code: 'ACCESS_LOGIN' });
    expect((await bob.call('greet', 'me')).body.toString()).toBe('bob greet me 1');
    expect(states).toEqual([]);
    expect(alpha.sidecar.status().live?.changes.length).toBeGreaterThan(0);
  });

  test('a file that is bad is held with its reason, and nothing changes until it is good again', async () => {
    await serve();
    const bob = await connect('bob');
    const file = alpha.dev.files.rpcUsers;
    const good = await readFile(file, 'utf8');
    await writeFile(file, `${good}  - { name: "a.b", passwordHash: x }\n`);
    await until('it is held', () => alpha.sidecar.status().rpcUsers?.held !== undefined);
    expect(alpha.sidecar.status().rpcUsers).toMatchObject({ count: 2, held: { code: 'CONFIG_INVALID' } });
    await rm(file);
    await until('it is missed', () => alpha.sidecar.status().rpcUsers?.held?.code === 'CONFIG_MISSING');
    expect((await bob.call('greet', 'me')).body.toString()).toBe('bob greet me 1');
    expect(bob.state.phase).toBe('connected');
    await writeFile(file, good);
    await until('it is taken again', () => alpha.sidecar.status().rpcUsers?.held === undefined);
  });
});
