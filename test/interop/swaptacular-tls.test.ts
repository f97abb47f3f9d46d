import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { createBundle } from '../../sidecar/authority/create-bundle';
import { initAuthority } from '../../sidecar/authority/init-authority';
import { subjectOf } from '../../sidecar/authority/node-name';
import { readSwaptacularNode } from '../../sidecar/authority/read-database';
import { registerPeer } from '../../sidecar/authority/register-peer';
import { makeServerCertificate } from '../../sidecar/authority/server-certificate';
import { signPeer } from '../../sidecar/authority/sign-peer';
import type { SwaptacularNode } from '../../sidecar/network/swaptacular-node';
import { generateKeyPair, issueCertificate } from '../../sidecar/certificates/issue';
import { parseCertificates } from '../../sidecar/certificates/certificate';
import { toolsWith } from './swaptacular-kit';

const [aaRoot, aaServer, caRoot, caServer] = [1, 2, 3, 4].map(() => generateKeyPair('rsa'));
if (!aaRoot || !aaServer || !caRoot || !caServer) throw new Error('no keys');
// TLS looks at the real time.
const now = Date.now() - 60_000;
const aaTools = toolsWith([aaRoot, aaServer], now);
const caTools = toolsWith([caRoot, caServer], now);
const passphrase = (): Promise<string> => Promise.resolve('correct horse');

interface Side {
  readonly node: SwaptacularNode;
  readonly key: string;
}

let folder: string;
let aa: Side;
let ca: Side;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'swaptacular-'));
  const [a, c] = [join(folder, 'aa'), join(folder, 'ca')];
  const servers = ['127.0.0.1:1'];
  await initAuthority(a, { nodeType: 'accounting-authority', id: '0000abcd', servers }, 'correct horse', aaTools);
  await initAuthority(c, { nodeType: 'creditors-agent', servers }, 'correct horse', caTools);
  await makeServerCertificate(a, passphrase, {}, aaTools);
  await makeServerCertificate(c, passphrase, {}, caTools);
  const bundle = async (of: string) => (await createBundle(of, passphrase, aaTools.clock)).bundle;
  const forCa = await signPeer(a, await bundle(c), passphrase, aaTools.clock);
  const forAa = await signPeer(c, await bundle(a), passphrase, caTools.clock);
  const received = (file: string) => ({ content: readFileSync(file), where: file, activate: true });
  await registerPeer(a, received(forAa.file), aaTools.clock);
  await registerPeer(c, received(forCa.file), caTools.clock);
  const side = async (path: string): Promise<Side> => ({
    node: await readSwaptacularNode(path),
    key: readFileSync(join(path, 'server.key'), 'utf8'),
  });
  [aa, ca] = [await side(a), await side(c)];
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Presented {
  readonly cert: string;
  readonly key: string;
}

const asServer = ({ node, key }: Side): Presented => ({ cert: node.serverCertificate ?? '', key });
const asClient = ({ node, key }: Side): Presented => ({
  cert: `${node.serverCertificate ?? ''}${node.peers[0]?.subCa ?? ''}`,
  key,
});

/** What each side sees of the other, as the specification has them check: by TLS 1.3, own root here, peer's root there. */
async function handshake(
  client: Side,
  server: Side,
  presented = asClient(client),
): Promise<{ client: string; server: string }> {
  const listener = createServer({
    ...asServer(server),
    ca: [server.node.rootCertificate],
    requestCert: true,
    // Node does not tell why it refuses, only what it would refuse.
    rejectUnauthorized: false,
    minVersion: 'TLSv1.3',
  });
  const seen = new Promise<string>((resolve) => {
    listener.on('secureConnection', (socket) => {
      if (!socket.authorized) resolve(`refused: ${String(socket.authorizationError)}`);
      resolve(String((socket.getPeerCertificate().subject as unknown as Record<string, string>)['serialNumber']));
      socket.end();
    });
    listener.on('tlsClientError', (error) => resolve(error.message));
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const socket = connect({
    ...presented,
    host: '127.0.0.1',
    port: (listener.address() as AddressInfo).port,
    ca: [client.node.peers[0]?.rootCertificate ?? ''],
    minVersion: 'TLSv1.3',
    checkServerIdentity: () => undefined,
  });
  try {
    const known = await Promise.race([
      once(socket, 'secureConnect').then(() => {
        const subject = socket.getPeerCertificate().subject as unknown as Record<string, string>;
        return String(subject['serialNumber']);
      }),
      once(socket, 'error').then(([error]) => (error as Error).message),
    ]);
    return { client: known, server: await seen };
  } finally {
    socket.on('error', () => undefined).destroy();
    listener.close();
  }
}

test('each knows the other, whoever connects', async () => {
  expect(await handshake(aa, ca)).toEqual({ client: ca.node.id, server: aa.node.id });
  expect(await handshake(ca, aa)).toEqual({ client: aa.node.id, server: ca.node.id });
});

test('without the certificate that the peer signed, nobody is let in', async () => {
  const { server } = await handshake(ca, aa, asServer(ca));
  expect(server).toMatch(/^refused: /);
});

test('who was signed cannot speak for another: the name constraints of the peer certificate hold', async () => {
  const presented = (id: string): Presented => {
    const leaf = issueCertificate({
      subject: subjectOf({ nodeType: 'creditors-agent', id }),
      subjectKey: caServer.publicKey,
      issuer: { privateKey: caRoot.privateKey, certificate: parseCertificates(ca.node.rootCertificate)[0] },
      validity: { notBefore: now, notAfter: now + 86_400_000 },
      serial: 99n,
      keyUsage: ['digitalSignature', 'keyEncipherment'],
    });
    return { cert: `${leaf.pem()}${ca.node.peers[0]?.subCa ?? ''}`, key: ca.key };
  };
  const seen = async (id: string) => (await handshake(ca, aa, presented(id))).server;
  expect(await seen(ca.node.id)).toBe(ca.node.id);
  expect(await seen('f'.repeat(32))).toMatch(/^refused: /);
});
