import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { DoctoredNode, only } from '../../../test/interop/doctor/doctored-node';
import { FakeBroker, type FakeBrokerOptions } from '../../../test/interop/doctor/fake-broker';
import { chainPem, type Credential } from '../../dev-network/credential';
import { readNodeCredentials } from '../../dev-network/open-dev-network';

let node: DoctoredNode;
let own: Credential;
let ends: (() => Promise<unknown>)[];

beforeEach(async () => {
  ends = [];
  node = await DoctoredNode.create();
  own = (await readNodeCredentials(node.dev)).tls;
});
afterEach(async () => {
  for (const end of ends) await end();
  await node.remove();
});

async function listen(server: Server): Promise<void> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(node.dev.ports.node, '127.0.0.1', resolve));
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
}

async function broker(options: Partial<FakeBrokerOptions> = {}): Promise<void> {
  const answers = { getVersion: '2.56.0', CurrentTimeMillis: Date.now() };
  const opened = await FakeBroker.listen({ port: node.dev.ports.node, credential: own, answers, ...options });
  ends.push(() => opened.close());
}

/** With a broker that runs elsewhere: this alone is wrong. */
async function finds(cause: string, words: RegExp, remedy: RegExp): Promise<void> {
  const findings = await node.diagnose();
  expect(only(findings, cause)).toMatchObject({
    words: expect.stringMatching(words) as unknown,
    remedy: expect.stringMatching(remedy) as unknown,
  });
  expect(findings.filter(({ verdict }) => verdict === 'fault').map((one) => one.cause)).toEqual([cause]);
}

test('a broker in good health', async () => {
  await node.attach();
  await broker();
  const findings = await node.diagnose();
  expect(findings.flatMap(({ cause }) => cause ?? [])).toEqual(['sidecar-stopped']);
  const words = Object.fromEntries(findings.map((one) => [one.id, one.words]));
  expect(words).toMatchObject({
    clock: 'as the broker says',
    'broker-login': 'lets the node in, Artemis 2.56.0',
    'broker-version': 'Artemis 2.56.0',
  });
});

test('broker-port-closed: attached, or the sidecar runs', async () => {
  await node.runs();
  await finds('broker-port-closed', /nobody listens on 127\.0\.0\.1:\d+/, /netmap status/);
  await node.attach();
  await finds('broker-port-closed', /nobody listens/, /start the broker there/);
});

test('broker-port-taken', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(node.dev.ports.rpc, '127.0.0.1', resolve));
  ends.push(() => new Promise((resolve) => server.close(resolve)));
  await finds('broker-port-taken', new RegExp(`:${(server.address() as AddressInfo).port} already`), /ss -ltnp/);
});

test('broker-name-unknown', async () => {
  await node.attach();
  await node.edit(node.dev.files.config, (text) => `${text}\nmanagement: { host: nowhere.invalid }\n`);
  await finds('broker-name-unknown', /nowhere\.invalid/, /management\.host/);
});

test('broker-unreachable', async () => {
  await node.attach();
  // Nothing can be connected to it.
  await node.edit(node.dev.files.config, (text) => `${text}\nmanagement: { host: 255.255.255.255 }\n`);
  await finds('broker-unreachable', /255\.255\.255\.255/, /firewalls/);
});

test.each([
  ['says nothing', () => undefined],
  ['closes at once', (socket: Socket) => void socket.end()],
  ['says something else', (socket: Socket) => void socket.write('220 mail.example ESMTP\r\n')],
])('broker-not-tls: who listens %s', async (_, greet) => {
  await node.attach();
  await listen(createServer(greet));
  await finds('broker-not-tls', /TLS fails/, /ss -ltnp/);
});

test('broker-distrusts-node', async () => {
  await node.attach();
  await broker({ alerts: true });
  await finds('broker-distrusts-node', /TLS fails: .*alert/, /netmap apply/);
});

test('broker-other-certificate', async () => {
  await node.attach();
  await broker({ credential: (await readNodeCredentials(node.peer)).tls });
  await finds('broker-other-certificate', /another certificate than this node's: .*Party B/, /renewed/);
});

test('broker-not-amqp', async () => {
  await node.attach();
  const { privateKey: key, chain } = own;
  await listen(createTlsServer({ key, cert: chainPem(chain) }, (socket) => socket.on('error', () => undefined)));
  await finds('broker-not-amqp', /./, /ss -ltnp/);
});

test('broker-login-refused', async () => {
  await node.attach();
  await broker({ letsIn: false });
  await finds('broker-login-refused', /does not let SystemUsers\/Node in/, /login\.config/);
});

test('management-refused', async () => {
  await node.attach();
  await broker({ answers: {} });
  await finds('management-refused', /permission='MANAGE'/, /netmap apply/);
});

test('management-silent', async () => {
  await node.attach();
  await broker({ isSilent: true });
  await finds('management-silent', /within 1000 ms/, /broker's log/);
});

test('broker-old', async () => {
  await node.attach();
  await broker({ answers: { getVersion: '2.44.0', CurrentTimeMillis: Date.now() } });
  await finds('broker-old', /2\.44\.0, older than 2\.50/, /netmap broker obtain/);
});

test.each([
  ['clock-ahead', -600_000, /600 s ahead of that of the broker/],
  ['clock-behind', 600_000, /600 s behind that of the broker/],
])('%s, by the broker', async (cause, offset, words) => {
  await node.attach();
  await broker({ answers: { getVersion: '2.56.0', CurrentTimeMillis: Date.now() + offset } });
  await finds(cause, words, /NTP/);
});
