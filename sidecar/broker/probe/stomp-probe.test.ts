import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { StompProbe } from './stomp-probe';

const CONNECTED = 'CONNECTED\nversion:1.2\n\n\0';
let server: Server;
let connections: Socket[];
/** What the server says to a frame that it got whole. */
let answer: (frame: string) => string;

beforeEach(async () => {
  connections = [];
  server = createServer((socket) => {
    connections.push(socket);
    let pending = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      const frames = `${pending}${chunk.toString()}`.split('\0');
      pending = frames.pop() ?? '';
      for (const frame of frames) socket.write(answer(frame.trimStart()));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  for (const socket of connections) socket.destroy();
  server.close();
  await once(server, 'close');
});

function probe(timeoutMs = 5_000): StompProbe {
  const { port } = server.address() as AddressInfo;
  return new StompProbe({
    address: { host: '127.0.0.1', port },
    protocol: 'STOMP',
    user: 'u',
    password: 'p',
    timeoutMs,
  });
}

const receipt = (frame: string): string => {
  const id = /^receipt:(.*)$/m.exec(frame)?.[1];
  return id === undefined ? '' : `RECEIPT\nreceipt-id:${id}\n\n\0`;
};

test('a send is confirmed by its receipt, and tried in a transaction that is aborted', async () => {
  const seen: string[] = [];
  answer = (frame) => {
    seen.push(frame.split('\n')[0] ?? '');
    return frame.startsWith('CONNECT') ? CONNECTED : receipt(frame);
  };
  const stomp = probe();
  expect(await stomp.attempt('send', 'a')).toMatchObject({ allowed: true });
  expect(seen).toEqual(['CONNECT', 'BEGIN', 'SEND', 'ABORT']);
  stomp.close();
});

test.each([
  [
    'with a text',
    'ERROR\nmessage:no\ncontent-type:text/plain\ncontent-length:21\n\npermission is missing\0',
    'permission',
  ],
  ['without a text', 'ERROR\nmessage:Destination does not exist\n\n\0', 'address'],
])('an ERROR frame %s is a refusal, and the next try connects anew', async (_what, error, at) => {
  let refuse = true;
  answer = (frame) => (frame.startsWith('CONNECT') ? CONNECTED : refuse ? error : receipt(frame));
  const stomp = probe();
  expect(await stomp.attempt('consume', 'a')).toMatchObject({ allowed: false, at });
  refuse = false;
  expect(await stomp.attempt('consume', 'a')).toMatchObject({ allowed: true });
  expect(connections).toHaveLength(2);
  stomp.close();
});

test('a refused login is one', async () => {
  answer = () => 'ERROR\nmessage:Security Error\n\nUser name [u] or password is invalid\0';
  expect(await probe().attempt('send', 'a')).toMatchObject({ allowed: false, at: 'login' });
});

test('who says nothing, or closes, does not speak STOMP', async () => {
  answer = () => '';
  expect(await probe(50).connect()).toMatchObject({ allowed: false, at: 'protocol' });
  server.on('connection', (socket: Socket) => socket.end());
  expect(await probe().connect()).toMatchObject({ allowed: false, at: 'protocol' });
});

test('tries at the same time share one connection', async () => {
  answer = (frame) => (frame.startsWith('CONNECT') ? CONNECTED : receipt(frame));
  const stomp = probe();
  const outcomes = await Promise.all(['a', 'b', 'c'].map((destination) => stomp.send({ destination }, 'x')));
  expect(outcomes.map(({ allowed }) => allowed)).toEqual([true, true, true]);
  expect(connections).toHaveLength(1);
  stomp.close();
});

test('no answer to a frame in time is neither yes nor no', async () => {
  answer = (frame) => (frame.startsWith('CONNECT') ? CONNECTED : '');
  await expect(probe(100).attempt('consume', 'a')).rejects.toMatchObject({ code: 'ACCESS_TIMEOUT' });
});

test('what a subscription gets is handed on', async () => {
  const message = (frame: string): string =>
    `MESSAGE\nsubscription:${/^id:(.*)$/m.exec(frame)?.[1] ?? ''}\nmessage-id:1\n\nhello\0`;
  answer = (frame) => (frame.startsWith('CONNECT') ? CONNECTED : `${receipt(frame)}${message(frame)}`);
  const stomp = probe();
  const got = new Promise<string>((resolve) => {
    void stomp.subscribe({ destination: 'a' }, (_headers, body) => resolve(body.toString()));
  });
  expect(await got).toBe('hello');
  stomp.close();
});
