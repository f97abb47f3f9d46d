import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { createBundle } from '../../sidecar/authority/create-bundle';
import type { NewNode } from '../../sidecar/authority/init-authority';
import { readDatabase, readSwaptacularNode } from '../../sidecar/authority/read-database';
import { registerPeer } from '../../sidecar/authority/register-peer';
import { makeServerCertificate, signServerRequest } from '../../sidecar/authority/server-certificate';
import { verifyBundle } from '../../sidecar/authority/verify-bundle';
import { AT, fixtures, openssl, realPassphrase } from './swaptacular-kit';
import {
  at,
  text,
  passphrase,
  real,
  AUTHORITY,
  CREDITORS,
  DEBTORS,
  init,
  sign,
  exchange,
  copyReal,
  copyRealAlone,
  tools,
  PASSPHRASE,
  REAL_CA,
  useNodes,
} from './swaptacular-nodes';

useNodes();

const seconds = String(Math.floor(AT / 1000) + 60);

/** What a TLS peer does, by the `openssl` command: a chain from the server certificate over the sub-CA to the one root. */
function verifyTls(root: string, untrusted: readonly string[], leaf: string): string {
  const above = untrusted.flatMap((file) => ['-untrusted', file]);
  return ['sslclient', 'sslserver']
    .map((purpose) => openssl('verify', '-attime', seconds, '-purpose', purpose, '-trusted', root, ...above, leaf))
    .join('');
}

test.each<[string, NewNode, NewNode]>([
  ['an accounting authority and a creditors agent', AUTHORITY, CREDITORS],
  ['an accounting authority and a debtors agent', AUTHORITY, DEBTORS],
])('the whole exchange between %s', async (_, one, other) => {
  const [a, b] = [await init('a', one), await init('b', other)];
  expect((await readSwaptacularNode(at('a'))).peers).toEqual([]);
  await exchange('a', 'b');
  const [left, right] = [await readSwaptacularNode(at('a')), await readSwaptacularNode(at('b'))];
  const subnet = other.nodeType === 'creditors-agent' ? '000001' : '0000abcd00';
  const common = { state: 'active', queues: 1, stomp: { servers: [{ host: '127.0.0.1', port: 1234 }] } };
  expect(left.peers).toMatchObject([{ ...common, id: b.id, nodeType: other.nodeType, subnet }]);
  expect(right.peers).toMatchObject([{ ...common, id: a.id, nodeType: one.nodeType }]);
  expect(right.subnet).toBe(subnet);
  for (const name of ['a', 'b']) await makeServerCertificate(at(name), passphrase, {}, tools);
  verifyTls(at('a/root-ca.crt'), [], at('a/server.crt'));
  verifyTls(at('a/root-ca.crt'), [at('b/peers', a.id, 'sub-ca.crt')], at('b/server.crt'));
  verifyTls(at('b/root-ca.crt'), [at('a/peers', b.id, 'sub-ca.crt')], at('a/server.crt'));
  expect(() => verifyTls(at('a/root-ca.crt'), [], at('b/server.crt'))).toThrow('verification failed');
});

test.each<['aa' | 'ca', NewNode]>([
  ['aa', CREDITORS],
  ['aa', DEBTORS],
  ['ca', AUTHORITY],
])('the exchange between the real database %s and one of ours: %j', async (name, node) => {
  copyRealAlone(name);
  const ours = await init('ours', node);
  await exchange(name, 'ours', { one: real, other: passphrase });
  const theirs = await readSwaptacularNode(at(name));
  expect(theirs.peers).toMatchObject([{ id: ours.id, state: 'active' }]);
  // Subnets are not given twice, even those of peers that are gone.
  if (name === 'aa') expect(theirs.peers[0]?.subnet).toBe(node === CREDITORS ? '000002' : '1234abcd00');
  await makeServerCertificate(at('ours'), passphrase, {}, tools);
  verifyTls(at(name, 'root-ca.crt'), [at('ours/peers', theirs.id, 'sub-ca.crt')], at('ours/server.crt'));
  verifyTls(at('ours/root-ca.crt'), [at(name, 'peers', ours.id, 'sub-ca.crt')], at(name, 'server.crt'));
});

test('what crossed between the real nodes is registered by a copy that has not done so yet', async () => {
  copyReal('aa');
  copyReal('ca');
  for (const [name, peer] of [
    ['aa', REAL_CA],
    ['ca', '1234abcd'],
  ] as const) {
    for (const file of ['sub-ca.crt', 'ACTIVE', 'masq-subnet.txt'])
      rmSync(at(name, 'peers', peer, file), { force: true });
  }
  for (const [name, file] of [
    ['aa', 'peercert-by-ca-for-aa.crt'],
    ['ca', 'peercert-by-aa-for-ca.crt'],
  ] as const) {
    const content = readFileSync(join(fixtures, 'exchange', file));
    await registerPeer(at(name), { content, where: file, activate: true }, tools.clock);
    expect(await readSwaptacularNode(at(name))).toEqual(await readSwaptacularNode(join(fixtures, name)));
  }
  expect(readFileSync(at('aa/peers', REAL_CA, 'sub-ca.crt'))).toEqual(
    readFileSync(join(fixtures, 'aa/peers', REAL_CA, 'sub-ca.crt')),
  );
});

/** The structure of a certificate or request as OpenSSL shows it, with what differs from one to another left out. */
function shapeOf(kind: 'x509' | 'req', file: string): string[] {
  const lines = openssl(kind, '-in', file, '-noout', '-text')
    .split('\n')
    .map((line) => line.trim());
  const plain = lines.filter((line) => !/^([0-9a-f]{2}:)+[0-9a-f]*$/.test(line) && !/^(?:[0-9A-F]{2}:)+/.test(line));
  return plain.map((line) => line.replace(/(Not Before|Not After ?|Issuer|Subject|DirName)\s?:.*/, '$1'));
}

test('OpenSSL shows the same structure as in the real ones', async () => {
  await init('a', AUTHORITY);
  copyReal('aa');
  copyReal('ca');
  await makeServerCertificate(at('a'), passphrase, {}, tools);
  await sign('a', 'ca', { own: passphrase, peer: real });
  const pairs = [
    ['x509', 'aa/server.crt', 'a/server.crt'],
    ['x509', `aa/peers/${REAL_CA}/peercert.crt`, `a/peers/${REAL_CA}/peercert.crt`],
    ['req', 'aa/db/root-ca.csr', 'a/db/root-ca.csr'],
  ] as const;
  for (const [kind, theirs, ours] of pairs) {
    expect(shapeOf(kind, at(ours)).sort()).toEqual(shapeOf(kind, at(theirs)).sort());
  }
  const agents = await init('c', CREDITORS);
  const signed = await sign('c', 'a');
  expect(agents.nodeType).toBe('creditors-agent');
  expect(signed.certificate.netscapeComment).toBe('');
});

/** By another library than the one that reads bundles. */
function unpack(bytes: Uint8Array, into: string): void {
  mkdirSync(into);
  for (const [path, content] of Object.entries(unzipSync(bytes))) writeFileSync(join(into, path), content);
}

test('OpenSSL verifies what we make as the specification words it', async () => {
  await init('a', AUTHORITY);
  const { bytes } = await createBundle(at('a'), passphrase, tools.clock);
  writeFileSync(at('a.zip'), bytes);
  const { rootFile } = await verifyBundle(bytes, { where: 'a.zip', at: AT });
  expect(rootFile).toEqual(readFileSync(at('a/root-ca.crt')));
  unpack(bytes, at('out'));
  unpack(readFileSync(at('out/nodeinfo.zip')), at('out/nodeinfo'));
  expect(text('out/nodeinfo/updated-at.txt')).toBe('2026-12-01\n');
  openssl('verify', '-attime', seconds, '-check_ss_sig', '-trusted', at('out/root-ca.crt'), at('out/root-ca.crt'));
  openssl('req', '-in', at('out/root-ca.csr'), '-verify', '-noout');
  const publicKey = openssl('x509', '-in', at('out/root-ca.crt'), '-noout', '-pubkey');
  expect(openssl('req', '-in', at('out/root-ca.csr'), '-noout', '-pubkey')).toBe(publicKey);
  writeFileSync(at('public.pem'), publicKey);
  const signature = ['-verify', at('public.pem'), '-signature', at('out/nodeinfo.signature')];
  expect(openssl('dgst', '-sha256', ...signature, at('out/nodeinfo.zip'))).toBe('Verified OK\n');
  expect(openssl('rsa', '-in', at('a/private/root-ca.key'), '-passin', `pass:${PASSPHRASE}`, '-pubout')).toBe(
    publicKey,
  );
  expect([statSync(at('a/private')).mode & 0o777, statSync(at('a/private/root-ca.key')).mode & 0o777]).toEqual([
    0o700, 0o600,
  ]);
});

const CA_CONFIG = `
[ca]
default_ca = node
[node]
database = DIR/db/index
serial = DIR/db/serial
certificate = DIR/root-ca.crt
private_key = DIR/private/root-ca.key
new_certs_dir = DIR/certs
unique_subject = no
default_md = sha256
default_days = 365
policy = any
[any]
organizationName = match
organizationalUnitName = supplied
serialNumber = supplied
[server]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature,keyEncipherment
`;

function opensslCa(name: string, pass: string, out: string): void {
  const config = at(`${name}.cnf`);
  writeFileSync(config, CA_CONFIG.replaceAll('DIR', at(name)));
  const request = ['-in', at(name, 'db/root-ca.csr'), '-out', at(out), '-extensions', 'server'];
  openssl('ca', '-batch', '-config', config, '-passin', `pass:${pass}`, ...request);
}

const serials = (name: string): string[] =>
  text(name, 'db/index')
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t')[3] ?? '');

test.each(['ours', 'theirs'])('OpenSSL and we take turns in one register: %s', async (whose) => {
  if (whose === 'ours') await init('aa', AUTHORITY);
  else copyReal('aa');
  await init('b', CREDITORS);
  const pass = whose === 'ours' ? PASSPHRASE : realPassphrase;
  const secrets = { own: () => Promise.resolve(pass), peer: passphrase };
  const before = serials('aa');
  const next = BigInt(`0x${text('aa/db/serial').trim()}`);
  opensslCa('aa', pass, 'first.crt');
  const signed = await sign('aa', 'b', secrets);
  opensslCa('aa', pass, 'second.crt');
  const after = serials('aa').map((serial) => BigInt(`0x${serial}`));
  expect(after.slice(before.length)).toEqual([next, next + 1n, next + 2n]);
  expect(BigInt(`0x${signed.certificate.serial}`)).toBe(next + 1n);
  const name = signed.certificate.serial.toUpperCase();
  expect(text('aa/certs', `${name.length % 2 === 0 ? '' : '0'}${name}.pem`)).toBe(signed.certificate.pem());
  openssl('ca', '-config', at('aa.cnf'), '-passin', `pass:${pass}`, '-updatedb');
});

test('each serial number is given once, even when a certificate could not be entered', async () => {
  await init('a', AUTHORITY);
  await init('b', CREDITORS);
  const serial = text('a/db/serial').trim();
  writeFileSync(at('a/certs', `${serial}.pem`), 'something');
  await expect(sign('a', 'b')).rejects.toMatchObject({ code: 'DATABASE_INVALID' });
  expect(readdirSync(at('a/peers'))).toEqual([]);
  expect(readdirSync(at('a/db/subnets/creditors'))).toEqual(['SEQNUM']);
  const { certificate } = await sign('a', 'b');
  expect(BigInt(`0x${certificate.serial}`)).toBe(BigInt(`0x${serial}`) + 1n);
});

test('a server certificate for a request whose key was made elsewhere, and one renewed for the same key', async () => {
  const { certificate: root } = await init('a', AUTHORITY);
  copyReal('aa');
  const request = readFileSync(join(fixtures, 'aa/server.csr'), 'utf8');
  const signed = await signServerRequest(at('aa'), real, { pem: request, where: 'server.csr', days: 30 }, tools);
  writeFileSync(at('new.crt'), signed.pem());
  verifyTls(at('aa/root-ca.crt'), [], at('new.crt'));
  expect(signed.notAfter - signed.notBefore).toBe(30 * 86_400_000);
  await expect(signServerRequest(at('a'), passphrase, { pem: request, where: 'x.csr' }, tools)).rejects.toMatchObject({
    code: 'NODE_INVALID',
    message: expect.stringContaining('x.csr: its subject') as string,
  });
  const first = await makeServerCertificate(at('a'), passphrase, {}, tools);
  await expect(makeServerCertificate(at('a'), passphrase, {}, tools)).rejects.toMatchObject({
    code: 'DATABASE_EXISTS',
  });
  const second = await makeServerCertificate(at('a'), passphrase, { renew: true, days: 7 }, tools);
  expect([second.publicKey, second.subject.toRfc4514()]).toEqual([first.publicKey, root.subject.toRfc4514()]);
  expect(second.serial).not.toBe(first.serial);
  expect(statSync(at('a/server.key')).mode & 0o777).toBe(0o600);
});

test('the real databases are read as they are', async () => {
  for (const name of ['aa', 'ca']) expect((await readDatabase(join(fixtures, name))).refused).toEqual([]);
});
