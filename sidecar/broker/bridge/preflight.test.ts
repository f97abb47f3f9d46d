import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { create_container, type EventContext } from 'rhea';
import { X500Name } from '../../certificates/x500-name';
import { chainPem, type Credential } from '../../dev-network/credential';
import { settingsAt } from '../../dev-network/dev-network';
import { issueAuthority, issueIdentity, issueNodeCa, issueTls } from '../../dev-network/issue-corda';
import { issueOddTls, type OddTlsKind } from '../../dev-network/odd-tls';
import { systemClock } from '../../lib/clock';
import type { HostAndPort } from '../../network/identity';
import type { Bridge } from '../../plan/broker-plan';
import { createPreflight, verifyPeer } from './preflight';

const settings = settingsAt(systemClock, randomBytes);
const authority = issueAuthority(settings);
const nameOf = (letter: string): X500Name => X500Name.parse(`O=Party ${letter}, L=London, C=GB`);
const [caA, caB, caC] = ['A', 'B', 'C'].map((letter) => issueNodeCa(authority.doorman, nameOf(letter), settings));
if (caA === undefined || caB === undefined || caC === undefined) throw new Error('no node CA');
const [own, tlsB, tlsC] = [issueTls(caA, settings), issueTls(caB, settings), issueTls(caC, settings)];

const bridgeTo = (addresses: readonly HostAndPort[]): Bridge => ({
  name: 'peer.B',
  peer: 'B',
  peerName: 'O=Party B, L=London, C=GB',
  addresses,
  trust: caB.chain[0].pem(),
  links: [
    { queue: 'internal.peers.B', remoteAddress: 'granted' },
    { queue: 'internal.services.S', remoteAddress: 'granted too' },
  ],
});

const servers: Server[] = [];
const sockets: { destroy(): void }[] = [];

async function listening(server: Server): Promise<HostAndPort> {
  servers.push(server);
  server.on('connection', (socket) => sockets.push(socket));
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve));
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

/** What the library does not declare of itself. */
interface Mechanisms {
  enable_plain(accepts: (user: string, password: string) => boolean): void;
}

interface PeerOptions {
  readonly credential?: Credential;
  /** Answer to each link; undefined: it is given no credit. */
  readonly answer?: 'grant' | 'refuse' | 'wait';
  readonly letsIn?: boolean;
  /** Whether it ends the handshake with an alert. */
  readonly alerts?: boolean;
  readonly opened?: string[];
}

/** A peer's broker, as far as a preflight sees of it. */
function peer(options: PeerOptions = {}): Promise<HostAndPort> {
  const { credential = tlsB, answer = 'grant', letsIn = true, alerts = false, opened = [] } = options;
  const container = create_container();
  const login = container.sasl_server_mechanisms as Mechanisms;
  login.enable_plain((user, password) => letsIn && user === 'SystemUsers/Peer' && password === user);
  container.on('receiver_open', ({ receiver }: EventContext) => {
    const address = receiver?.target.address ?? '';
    opened.push(address);
    if (answer === 'refuse') return receiver?.close({ condition: 'amqp:unauthorized-access', description: 'not you' });
    receiver?.set_target({ address });
    if (answer === 'grant') receiver?.add_credit(1);
  });
  for (const event of ['disconnected', 'connection_error', 'error', 'protocol_error'])
    container.on(event, () => undefined);
  return listening(
    container.listen({
      ...{ port: 0, host: '127.0.0.1', transport: 'tls', receiver_options: { credit_window: 0 } },
      key: credential.privateKey,
      cert: chainPem(credential.chain),
      ...{ requestCert: true, rejectUnauthorized: false },
      // A cipher that does not go with the key of its certificate.
      ...(alerts ? { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' } : {}),
    }),
  );
}

async function nobody(): Promise<HostAndPort> {
  const server = createServer().listen(0, '127.0.0.1');
  const address = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return address;
}

const preflight = (timeoutMs = 5_000) =>
  createPreflight({
    key: own.privateKey,
    chain: chainPem(own.chain),
    timeoutMs,
    now: () => systemClock.now(),
  });
const outcome = (addresses: readonly HostAndPort[], timeoutMs?: number): Promise<unknown> =>
  preflight(timeoutMs)(bridgeTo(addresses)).then(
    () => 'fine',
    (error: unknown) => (error as { code?: string }).code,
  );

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

test('a peer is good when each link of the bridge is taken', async () => {
  const opened: string[] = [];
  expect(await outcome([await peer({ opened })])).toBe('fine');
  expect(opened).toEqual(['granted', 'granted too']);
});

test('one address that is good will do', async () => {
  expect(await outcome([await nobody(), await peer({ credential: tlsC }), await peer()])).toBe('fine');
});

test.each<[string, PeerOptions, string]>([
  ['whose permission is withdrawn', { answer: 'refuse' }, 'ACCESS_REFUSED'],
  ['that does not know us', { letsIn: false }, 'ACCESS_LOGIN'],
  ['that refuses the handshake', { alerts: true }, 'ACCESS_TLS'],
  ['who is somebody else', { credential: tlsC }, 'ACCESS_WRONG_PEER'],
])('a peer %s is not', async (_what, options, code) => {
  expect(await outcome([await peer(options)])).toBe(code);
});

test('a peer that gives no credit, or says nothing at all, is not waited for', async () => {
  expect(await outcome([await peer({ answer: 'wait' })], 1_000)).toBe('ACCESS_TIMEOUT');
  expect(await outcome([await listening(createServer().listen(0, '127.0.0.1'))], 300)).toBe('ACCESS_TIMEOUT');
});

test('who does not speak TLS is not a peer', async () => {
  const server = createServer((socket) => socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  expect(await outcome([await listening(server.listen(0, '127.0.0.1'))])).toBe('ACCESS_TLS');
});

test('where nobody listens, nobody is there; of several failures the one that tells most is told', async () => {
  expect(await outcome([await nobody()])).toBe('ACCESS_UNREACHABLE');
  const addresses = [await nobody(), await peer({ letsIn: false }), await peer({ answer: 'refuse' })];
  expect(await outcome(addresses)).toBe('ACCESS_REFUSED');
});

test('a bridge without an address leads nowhere', async () => {
  expect(await outcome([])).toBe('ACCESS_UNREACHABLE');
});

describe('who a peer is', () => {
  const now = systemClock.now();
  const node = { nodeCa: caB, tls: tlsB, identity: issueIdentity(caB, 'ed25519', settings) };
  const codeOf = (credential: Credential, at = now): unknown => {
    try {
      verifyPeer(bridgeTo([]), credential.chain, at);
      return 'fine';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  test('is told by its certificate of its own node CA', () => {
    expect(codeOf(tlsB)).toBe('fine');
    expect(codeOf(tlsC)).toBe('ACCESS_WRONG_PEER');
    expect(() => verifyPeer(bridgeTo([]), [], now)).toThrow('it shows no certificate');
  });

  test.each<[OddTlsKind, string]>([
    ['wrong-root', 'CHAIN_SIGNATURE'],
    ['self-signed', 'CHAIN_UNKNOWN_ROOT'],
    ['expired', 'CHAIN_EXPIRED'],
    ['not-yet-valid', 'CHAIN_NOT_YET_VALID'],
    ['other-subject', 'ACCESS_WRONG_PEER'],
    ['common-name-added', 'ACCESS_WRONG_PEER'],
    ['issued-by-identity', 'CHAIN_SIGNATURE'],
    ['no-role', 'ACCESS_WRONG_PEER'],
  ])('is not told by a certificate that is %s', (kind, code) => {
    const odd = issueOddTls(kind, { node, otherName: nameOf('C'), at: now, random: randomBytes });
    expect(codeOf(odd)).toBe(code);
  });

  test('is not told by its identity, which is no TLS certificate', () => {
    expect(codeOf(node.identity)).toBe('ACCESS_WRONG_PEER');
  });
});
