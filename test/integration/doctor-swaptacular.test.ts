import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { deactivatePeer } from '../../sidecar/authority/change-peer';
import { DatabaseFolder } from '../../sidecar/authority/database-folder';
import { issueServer } from '../../sidecar/authority/issue-certificates';
import { subjectOf } from '../../sidecar/authority/node-name';
import { readOwnRoot } from '../../sidecar/authority/read-database';
import { unlockRootKey, type RootKey } from '../../sidecar/authority/root-key';
import { openAmqp } from '../../sidecar/broker/amqp/open-amqp';
import { generateKeyPair, issueCertificate, type KeyPair } from '../../sidecar/certificates/issue';
import { brokerAccess } from '../../sidecar/control/broker-access';
import { examine, type Finding } from '../../sidecar/control/doctor/examine';
import { Site } from '../../sidecar/control/doctor/site';
import { readNodeMaterial } from '../../sidecar/control/node-material';
import { systemClock } from '../../sidecar/lib/clock';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { SYSTEM_USERS } from '../../sidecar/plan/roles';
import { freePorts } from './support/free-ports';
import { PASSPHRASE, swaptacularTrio, type SwaptacularTrio } from './support/swaptacular-authorities';
import type { SwaptacularNode } from './support/swaptacular-node';
import { until } from './support/until';

jest.setTimeout(300_000);

const DAY_MS = 86_400_000;
const SOON_MS = 60_000;
const TIMEOUT_MS = 5_000;
/** For those who let us wait. */
const SHORT_MS = 500;

/** The broker of the authority alone runs; the doctor is asked by its peers. */
let trio: SwaptacularTrio;
/** The authority's own, with which it could issue what it should not. */
let rootKey: RootKey;
let pair: KeyPair;
let ends: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  trio = await swaptacularTrio();
  const folder = new DatabaseFolder(trio.aa.authority);
  rootKey = await unlockRootKey(folder, await readOwnRoot(folder), async () => PASSPHRASE);
  pair = generateKeyPair('rsa');
  await trio.aa.start();
});
afterEach(async () => {
  for (const end of ends) await end();
  ends = [];
  await trio.ca.expectPeerAt(trio.aa.id, trio.aa.ports.p2p);
});
afterAll(() => trio.stop());

async function diagnose(node: SwaptacularNode, peer: string, timeoutMs = TIMEOUT_MS): Promise<Finding[]> {
  const { configFile } = node;
  const site = new Site({ configFile, clock: systemClock, environment: process.env, peer, timeoutMs });
  try {
    return await examine(site);
  } finally {
    await site.close();
  }
}

async function ofPeer(node: SwaptacularNode, peer: string, timeoutMs?: number): Promise<Finding | undefined> {
  return (await diagnose(node, peer, timeoutMs)).find(({ id }) => id === 'peer');
}

/** The creditors agent is told that the authority is at the port, and what the doctor says of that. */
async function agentFinds(port: number, timeoutMs?: number): Promise<Finding | undefined> {
  await trio.ca.expectPeerAt(trio.aa.id, port);
  return ofPeer(trio.ca, trio.aa.id, timeoutMs);
}

async function portOf(server: Server): Promise<number> {
  const [port = 0] = await freePorts(1);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return port;
}

/** Somebody with a key and certificate who speaks TLS, and then does as told. */
function speaksTls(key: string, cert: string, then: (socket: TLSSocket) => void = () => undefined): Promise<number> {
  const options = { key, cert, minVersion: 'TLSv1.3', requestCert: true, rejectUnauthorized: false } as const;
  return portOf(createTlsServer(options, (socket) => then(socket.on('error', () => undefined))));
}

/** The authority's own server, as far as TLS goes. */
async function speaksAsAuthority(then: (socket: TLSSocket) => void): Promise<number> {
  const [key, cert] = await Promise.all(
    ['server.key', 'server.crt'].map((file) => readFile(join(trio.aa.authority, file), 'utf8')),
  );
  return speaksTls(key ?? '', cert ?? '', then);
}

const says = (text: string): unknown => expect.stringMatching(text);

test('a peer that lets this node in, by its id', async () => {
  expect(await ofPeer(trio.ca, trio.aa.id)).toMatchObject({ verdict: 'ok', words: says('lets this node in') });
  expect(await ofPeer(trio.da, trio.aa.id)).toMatchObject({ verdict: 'ok' });
});

test('peer-not-on-map: nobody is registered so', async () => {
  expect(await ofPeer(trio.ca, '00abcdee')).toMatchObject({ cause: 'peer-not-on-map', words: says('00abcdee') });
});

test('peer-unreachable: its port is closed', async () => {
  const [port = 0] = await freePorts(1);
  expect(await agentFinds(port)).toMatchObject({ cause: 'peer-unreachable', words: says(`${port}.*ECONNREFUSED`) });
});

test('peer-silent: it takes the connection, and says nothing; with TLS or without', async () => {
  const mute = await portOf(createTcpServer());
  expect(await agentFinds(mute, SHORT_MS)).toMatchObject({ cause: 'peer-silent', words: says('no answer from') });
  const later = await speaksAsAuthority(() => undefined);
  expect(await agentFinds(later, SHORT_MS)).toMatchObject({ cause: 'peer-silent', words: says('CONNECT') });
});

test('peer-not-tls: a mail server is there', async () => {
  const port = await portOf(createTcpServer((socket) => void socket.write('220 mail.example ESMTP\r\n')));
  expect(await agentFinds(port)).toMatchObject({ cause: 'peer-not-tls' });
});

test('peer-not-stomp: it is the peer, and serves something else there', async () => {
  const port = await speaksAsAuthority((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  expect(await agentFinds(port)).toMatchObject({ cause: 'peer-not-stomp', remedy: says(`ask its operator`) });
});

test('peer-other-certificate: of another root, or with another serialNumber in its name', async () => {
  const { aa, da } = trio;
  const [key, cert] = await Promise.all(
    ['server.key', 'server.crt'].map((file) => readFile(join(da.authority, file), 'utf8')),
  );
  const other = { cause: 'peer-other-certificate', remedy: says('reconfigure-peer') };
  const foreign = await speaksTls(key ?? '', cert ?? '');
  expect(await agentFinds(foreign)).toMatchObject({ ...other, words: says(`no certificate of ${aa.id}'s root`) });
  const { certificate } = rootKey.root;
  const renamed = issueCertificate({
    subject: subjectOf({ id: '00abcdee', nodeType: 'accounting-authority' }),
    subjectKey: pair.publicKey,
    issuer: { privateKey: rootKey.pair.privateKey, certificate },
    validity: { notBefore: Date.now() - DAY_MS, notAfter: Date.now() + DAY_MS },
    serial: 77n,
    ca: false,
    keyUsage: ['digitalSignature'],
  });
  const named = await speaksTls(pair.privateKey, renamed.pem());
  expect(await agentFinds(named)).toMatchObject({ ...other, words: says('its certificate names .*00abcdee') });
});

test('peer-certificate-dates: it has ended, or is not valid yet', async () => {
  for (const [days, word] of [
    [-10, 'expired'],
    [10, 'not yet valid'],
  ] as const) {
    const issued = { serial: 78n, at: Date.now() + days * DAY_MS };
    const port = await speaksTls(pair.privateKey, issueServer(rootKey, pair.publicKey, 1, issued).pem());
    const found = { cause: 'peer-certificate-dates', words: says(word), remedy: says('renew') };
    expect(await agentFinds(port)).toMatchObject(found);
  }
});

test('peer-refuses-login: it does not let this node in by STOMP, with a word or without', async () => {
  const refused = { cause: 'peer-refuses-login', remedy: says('registered and active') };
  const errs = await speaksAsAuthority((socket) => socket.end('ERROR\nmessage:not you\n\n\0'));
  expect(await agentFinds(errs)).toMatchObject({ ...refused, words: says('not you') });
  const closes = await speaksAsAuthority((socket) => socket.once('data', () => socket.end()));
  expect(await agentFinds(closes)).toMatchObject({ ...refused, words: says('closed the connection') });
});

test('peer-dead-letters: what has died on the way to a peer', async () => {
  const { aa, da } = trio;
  const before = await diagnose(aa, da.id);
  expect(before.find(({ id }) => id === 'peer-dead-letters')).toMatchObject({ verdict: 'ok', words: 'none' });
  expect(before.find(({ id }) => id === 'peer')).toMatchObject({ cause: 'peer-unreachable' });
  const material = await readNodeMaterial(aa.config, systemClock);
  const connection = await openAmqp(brokerAccess(material, aa.config.management, SYSTEM_USERS.node));
  const sender = await connection.createAwaitableSender({ target: { address: cordaAddresses.peerQueue(da.id) } });
  await sender.send({ body: 'too late', ttl: 1, durable: true });
  await connection.close();
  const found = async () => (await diagnose(aa, da.id)).some(({ cause }) => cause === 'peer-dead-letters');
  await until('it has died', found, SOON_MS);
});

test('it has deactivated this node, and nobody else: it lets it in no more, and that is told', async () => {
  const { aa, ca, da } = trio;
  await deactivatePeer(aa.authority, ca.id, systemClock);
  await until('it is told', async () => (await ofPeer(ca, aa.id))?.verdict === 'fault', SOON_MS);
  const found = await ofPeer(ca, aa.id);
  // A broker that hangs up while its refusal is on the way may be quicker than that.
  expect(['peer-distrusts-node', 'peer-refuses-login']).toContain(found?.cause);
  expect(found?.remedy).toMatch(/deactivated|active/);
  expect(await ofPeer(da, aa.id)).toMatchObject({ verdict: 'ok' });
});
