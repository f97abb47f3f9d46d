import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { DoctoredNode, only } from '../../../test/interop/doctor/doctored-node';
import { FakeBroker, type FakeBrokerOptions } from '../../../test/interop/doctor/fake-broker';
import { readNodeCredentials } from '../../dev-network/open-dev-network';

const NAME = 'O=Party B, L=New York, C=US';
let node: DoctoredNode;
let ends: (() => Promise<unknown>)[];

beforeEach(async () => {
  ends = [];
  node = await DoctoredNode.create();
});
afterEach(async () => {
  for (const end of ends) await end();
  await node.remove();
});

/** The broker of the peer, as a bridge sees it. */
async function peer(options: Partial<FakeBrokerOptions> = {}): Promise<void> {
  const { tls } = await readNodeCredentials(node.peer);
  const opened = await FakeBroker.listen({ port: node.peer.ports.p2p, credential: tls, ...options });
  ends.push(() => opened.close());
}

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(node.peer.ports.p2p, '127.0.0.1', resolve));
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

async function finds(cause: string, words: RegExp, remedy: RegExp, name = NAME): Promise<void> {
  const findings = await node.diagnose({ peer: name });
  expect(only(findings, cause)).toMatchObject({
    id: 'peer',
    words: expect.stringMatching(words) as unknown,
    remedy: expect.stringMatching(remedy) as unknown,
  });
  expect(findings.filter(({ verdict }) => verdict === 'fault').map((one) => one.cause)).toEqual([cause]);
}

test.each([NAME, 'C=US,L=New York,O=Party B', 'its id'])('a peer that lets this node in, named by %s', async (name) => {
  await peer();
  const id = /"?(DL[1-9A-HJ-NP-Za-km-z]+)/.exec(JSON.stringify(await node.diagnose({ peer: NAME })))?.[1];
  const findings = await node.diagnose({ peer: name === 'its id' ? (id ?? NAME) : name });
  expect(findings.find((one) => one.id === 'peer')).toEqual({
    id: 'peer',
    verdict: 'ok',
    words: `${NAME} lets this node in`,
  });
});

test('peer-not-on-map', async () => {
  await finds('peer-not-on-map', /names no "O=Party D/, /did you mean "O=Party B/, 'O=Party D, L=New York, C=US');
  await finds('peer-not-on-map', /names no "somebody"/, /use one of: O=Party B/, 'somebody');
});

test('peer-unreachable', async () => {
  await finds('peer-unreachable', /ECONNREFUSED/, /is the node up/);
});

test('peer-silent', async () => {
  await peer({ link: 'wait' });
  await finds('peer-silent', /./, /firewalls/);
});

test('peer-not-tls', async () => {
  await listen(createServer((socket) => void socket.write('220 mail.example ESMTP\r\n')));
  await finds('peer-not-tls', /TLS/, /p2p acceptor/);
});

test('peer-other-certificate', async () => {
  await peer({ credential: (await readNodeCredentials(node.dev)).tls });
  await finds('peer-other-certificate', /names O=Party A/, /has it renewed/);
});

test('peer-distrusts-node', async () => {
  await peer({ alerts: true });
  await finds('peer-distrusts-node', /alert/, /compare the roots/);
});

test('peer-refuses-login', async () => {
  await peer({ letsIn: false });
  await finds('peer-refuses-login', /does not let SystemUsers\/Peer in/, /whether this node is on its map/);
});

test('peer-refuses-address', async () => {
  await peer({ link: 'refuse' });
  await finds('peer-refuses-address', /unauthorized-access not you/, /netmap probe/);
});
