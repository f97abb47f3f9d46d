import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { create_container } from 'rhea';
import type { HostAndPort } from '../../network/identity';
import { linkError, openAmqp } from './open-amqp';
import { socketError } from './verified-socket';

/** What the library does not declare of itself. */
interface Mechanisms {
  enable_plain(accepts: (user: string, password: string) => boolean): void;
  enable_anonymous(): void;
}

const servers: Server[] = [];
const sockets: Socket[] = [];

async function listening(server: Server): Promise<HostAndPort> {
  servers.push(server);
  server.on('connection', (socket: Socket) => sockets.push(socket.on('error', () => undefined)));
  await new Promise((resolve) => server.once('listening', resolve));
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

function broker(): Promise<HostAndPort> {
  const container = create_container();
  const login = container.sasl_server_mechanisms as Mechanisms;
  login.enable_plain((user, password) => user === 'u' && password === 'p');
  login.enable_anonymous();
  for (const event of ['disconnected', 'connection_error', 'error']) container.on(event, () => undefined);
  return listening(container.listen({ port: 0, host: '127.0.0.1' }));
}

const say = (onConnection: (socket: Socket) => void): Promise<HostAndPort> =>
  listening(createServer(onConnection).listen(0, '127.0.0.1'));

const outcome = async (address: HostAndPort, login: { user?: string; password?: string } = {}): Promise<unknown> =>
  openAmqp({ address, timeoutMs: 400, ...login }).then(
    async (connection) => connection.close().then(() => 'open'),
    (error: unknown) => (error as { code?: string }).code,
  );

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

test('a connection is open once its login is accepted', async () => {
  const address = await broker();
  expect(await outcome(address, { user: 'u', password: 'p' })).toBe('open');
  expect(await outcome(address)).toBe('open');
});

test('a wrong password is told as such', async () => {
  const address = await broker();
  expect(await outcome(address, { user: 'u', password: 'x' })).toBe('ACCESS_LOGIN');
});

test('who takes the connection and says nothing is given up', async () => {
  expect(await outcome(await say(() => undefined), { user: 'u', password: 'p' })).toBe('ACCESS_TIMEOUT');
});

test('who does not speak AMQP, or hangs up, is no broker', async () => {
  const chatter = await say((socket) => socket.write('220 mail.example ready\r\n'));
  expect(await outcome(chatter)).toMatch(/^ACCESS_/);
  const hangingUp = await say((socket) => socket.end());
  expect(await outcome(hangingUp)).toMatch(/^ACCESS_/);
});

test('where nobody listens, nobody can be reached', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  const address = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  expect(await outcome(address)).toBe('ACCESS_UNREACHABLE');
});

describe('errors in our words', () => {
  test.each([
    [{ code: 'ECONNREFUSED' }, 'ACCESS_UNREACHABLE', 'retry'],
    [{ code: 'ENOTFOUND' }, 'ACCESS_UNREACHABLE', 'retry'],
    [{ code: 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA' }, 'ACCESS_TLS', 'hold'],
    [{ code: 'ECONNRESET' }, 'ACCESS_TLS', 'hold'],
    [{ code: 'ESOMETHING' }, 'ACCESS_UNREACHABLE', 'retry'],
  ])('%j is %s: %s', (fields, code, decision) => {
    expect(socketError(Object.assign(new Error('x'), fields), 'host:1')).toMatchObject({ code, decision });
  });

  test('a link that is refused is told with the other side’s condition and words', () => {
    const refusal = { condition: 'amqp:not-found', description: 'no such address' };
    expect(linkError(refusal, 'host:1', 'in.b')).toMatchObject({
      code: 'ACCESS_REFUSED',
      message: 'host:1 refuses in.b: amqp:not-found no such address',
    });
  });

  test('an answer that does not come is not a refusal', () => {
    const late = Object.assign(new Error('late'), { name: 'OperationTimeoutError' });
    expect(linkError(late, 'host:1', 'in.b')).toMatchObject({ code: 'ACCESS_TIMEOUT', decision: 'retry' });
  });

  test('what is known already is not told anew', () => {
    const known = linkError({ condition: 'c' }, 'w', 'a');
    expect([linkError(known, 'x', 'y'), socketError(known, 'x')]).toEqual([known, known]);
  });
});
