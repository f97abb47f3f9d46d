import { constants, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { AuthorityError } from '../../sidecar/authority/authority-error';
import { createSigningRequest } from '../../sidecar/authority/certificate-request';
import { subjectOf } from '../../sidecar/authority/node-name';
import { readZip } from '../../sidecar/authority/read-zip';
import { verifyBundle } from '../../sidecar/authority/verify-bundle';
import { generateKeyPair } from '../../sidecar/certificates/issue';
import type { CertificateRequest, KeyPair } from '../../sidecar/certificates/issue';
import type { Certificate } from '../../sidecar/certificates/certificate';
import {
  AT,
  badlySigned,
  bundleFiles,
  fixture,
  flipped,
  nodeName,
  parseName,
  patched,
  replaced,
  rootOf,
  signBytes,
  STOMP_TOML,
  zipOf,
} from './swaptacular-kit';
import type { BundleFiles, OwnNode } from './swaptacular-kit';

const key = generateKeyPair('rsa');
const stranger = generateKeyPair('rsa');
const name = nodeName(key, 'creditors-agent');
const own: OwnNode = { name, key, root: rootOf(name, key) };
const authority: OwnNode = ((aa) => ({ name: aa, key, root: rootOf(aa, key) }))(
  nodeName(key, 'accounting-authority', '0000abcd'),
);

const verify = (bytes: Uint8Array, at = AT) => verifyBundle(bytes, { where: 'x.zip', at, ownId: '1234abcd' });

async function codeOf(bytes: Uint8Array, at = AT): Promise<string> {
  const error: unknown = await verify(bytes, at).then(
    () => 'accepted',
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof AuthorityError)) return String(error);
  expect(error.message).toContain('x.zip');
  expect(error.remedy).toMatch(/\w/);
  return error.code;
}

test.each(['aa', 'ca'])('the real bundle of %s is accepted, and keeps its bytes', async (node) => {
  const { root, rootFile, nodeInfo, stomp, updatedAt } = await verify(fixture(`exchange/${node}.zip`));
  expect(root.certificate.subject.toRfc4514()).toMatch(/^serialNumber=[0-9a-f]+,OU=.*,O=Swaptacular Nodes Registry$/);
  expect(rootFile).toEqual(fixture(`${node}/root-ca.crt`));
  expect(nodeInfo.map(({ path }) => path).sort()).toEqual(['stomp.toml', 'updated-at.txt']);
  expect(stomp.servers[0].host).toBe('127.0.0.1');
  expect(updatedAt).toBe('2026-11-21');
});

test.each([
  ['of a creditors agent', own],
  ['of an accounting authority', authority],
])('a bundle made from the parts %s is accepted', async (_, node) => {
  const { root, stomp } = await verify(zipOf(bundleFiles(node)));
  expect(root).toMatchObject(node.name);
  expect(stomp.destination).toBe('/exchange/1234abcd');
});

test('files that nobody knows are kept, in folders too', async () => {
  const nodeInfo = zipOf({ 'stomp.toml': STOMP_TOML, 'contact/Größe 1.txt': 'x', 'empty/': '' });
  const bundle = await verify(zipOf(bundleFiles(own, nodeInfo)));
  expect(bundle.nodeInfo.map(({ path }) => path)).toEqual(['stomp.toml', 'contact/Größe 1.txt']);
  expect(bundle.updatedAt).toBeUndefined();
});

describe('real bundles with one bit of a file turned over', () => {
  it.each([
    ['BUNDLE_ROOT_SIGNATURE', 'root-ca.crt'],
    ['BUNDLE_REQUEST_SIGNATURE', 'root-ca.csr'],
    ['BUNDLE_NODEINFO_SIGNATURE', 'nodeinfo.zip'],
    ['BUNDLE_NODEINFO_SIGNATURE', 'nodeinfo.signature'],
  ])('%s: %s', async (code, file) => {
    const files = await realFiles('aa');
    const isPem = file.startsWith('root-ca');
    files[file] = isPem ? damagedPem(files[file] as Buffer) : flipped(files[file] as Buffer);
    expect(await codeOf(zipOf(files))).toBe(code);
  });

  it.each(Object.keys(bundleFiles(own)))('%s of the other node', async (file) => {
    const files = await realFiles('aa');
    files[file] = (await realFiles('ca'))[file] ?? '';
    expect(await codeOf(zipOf(files))).toMatch(/^BUNDLE_(REQUEST_SUBJECT|NODEINFO_SIGNATURE)$/);
  });
});

async function realFiles(node: 'aa' | 'ca'): Promise<BundleFiles> {
  const limits = { entries: 10, packedBytes: 1_000_000, bytes: 1_000_000 };
  const entries = await readZip(fixture(`exchange/${node}.zip`), 'real', limits);
  return Object.fromEntries(entries.map(({ path, content }) => [path, content]));
}

/** The last octet of the signature, four characters before the padding. */
function damagedPem(pem: Buffer): string {
  const [head = '', ...lines] = pem.toString('latin1').trimEnd().split('\n').reverse();
  const last = lines.shift() ?? '';
  const first = last.startsWith('A') ? 'B' : 'A';
  return [head, `${first}${last.slice(1)}`, ...lines].reverse().join('\n');
}

type Change = Partial<CertificateRequest>;

/** The whole bundle rests on a root that was made with the change. */
function withRoot(change: Change, node = own): Buffer {
  return withCertificate(rootOf(node.name, node.key, change), node);
}

function withCertificate(root: Certificate, node = own): Buffer {
  return zipOf({ ...bundleFiles(node), 'root-ca.crt': root.pem() });
}

function withKey(pair: KeyPair, change: Change = {}): Buffer {
  const node = nodeName(pair, 'creditors-agent');
  return zipOf({ ...bundleFiles(own), 'root-ca.crt': rootOf(node, pair, change).pem() });
}

function rsaKey(modulusLength: number, publicExponent: number): KeyPair {
  const pair = generateKeyPairSync('rsa', { modulusLength, publicExponent });
  return {
    scheme: 'rsa',
    publicKey: pair.publicKey.export({ format: 'der', type: 'spki' }),
    privateKey: pair.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
}

const named = (text: string): Change => ({ subject: parseName(text) });
const spelled = (o: string, ou: string, id: string): string => `serialNumber=${id},OU=${ou},O=${o}`;
const [O, OU] = ['Swaptacular Nodes Registry', 'Creditors Agents'];
const BASIC_CONSTRAINTS = '0603551d130101ff';
const KEY_USAGE = '0603551d0f0101ff';
const SUBJECT_KEY_IDENTIFIER = '0603551d0e04160414';

describe('the root', () => {
  const identifier = (): string => {
    const hex = Buffer.from(own.root.der).toString('hex');
    return hex.slice(hex.indexOf(SUBJECT_KEY_IDENTIFIER)).slice(0, SUBJECT_KEY_IDENTIFIER.length + 40);
  };
  it.each<[string, string, () => Buffer]>([
    ['BUNDLE_ROOT_INVALID', 'nothing', () => zipOf({ ...bundleFiles(own), 'root-ca.crt': '' })],
    ['BUNDLE_ROOT_INVALID', 'a key', () => zipOf({ ...bundleFiles(own), 'root-ca.crt': key.privateKey })],
    [
      'BUNDLE_ROOT_INVALID',
      'two certificates',
      () => zipOf({ ...bundleFiles(own), 'root-ca.crt': own.root.pem() + authority.root.pem() }),
    ],
    [
      'BUNDLE_ROOT_INVALID',
      'a block of another kind before it',
      () =>
        zipOf({
          ...bundleFiles(own),
          'root-ca.crt': own.root.pem().replaceAll('CERT', 'TRUSTED CERT') + own.root.pem(),
        }),
    ],
    [
      'BUNDLE_ROOT_INVALID',
      'bytes after the certificate',
      () =>
        zipOf({
          ...bundleFiles(own),
          'root-ca.crt': `-----BEGIN CERTIFICATE-----\n${Buffer.concat([own.root.der, Buffer.of(0)]).toString('base64')}\n-----END CERTIFICATE-----\n`,
        }),
    ],
    ['BUNDLE_ROOT_SUBJECT', 'another organisation', () => withRoot(named(spelled('Other', OU, name.id)))],
    ['BUNDLE_ROOT_SUBJECT', 'another unit', () => withRoot(named(spelled(O, 'Banks', name.id)))],
    ['BUNDLE_ROOT_SUBJECT', 'lower-case names', () => withRoot(named(spelled(O.toLowerCase(), OU, name.id)))],
    ['BUNDLE_ROOT_SUBJECT', 'an upper-case ID', () => withRoot(named(spelled(O, OU, name.id.toUpperCase())))],
    ['BUNDLE_ROOT_SUBJECT', 'a short ID', () => withRoot(named(spelled(O, OU, name.id.slice(1))))],
    ['BUNDLE_ROOT_SUBJECT', 'an ID that leads elsewhere', () => withRoot(named(spelled(O, OU, '../../../etc')))],
    ['BUNDLE_ROOT_SUBJECT', 'a common name, too', () => withRoot(named(`CN=x,${spelled(O, OU, name.id)}`))],
    ['BUNDLE_ROOT_SUBJECT', 'no ID', () => withRoot(named(`OU=${OU},O=${O}`))],
    ['BUNDLE_ROOT_SUBJECT', 'another order', () => withRoot(named(`O=${O},OU=${OU},serialNumber=${name.id}`))],
    ['BUNDLE_ROOT_KEY', 'an elliptic key', () => withKey(generateKeyPair('p256'))],
    ['BUNDLE_ROOT_KEY', '1024 bits', () => withKey(rsaKey(1024, 65_537), { issuer: stranger })],
    ['BUNDLE_ROOT_KEY', 'exponent 3', () => withKey(rsaKey(2048, 3))],
    [
      'BUNDLE_ROOT_NOT_SELF_ISSUED',
      'issued by another node',
      () => withRoot({ issuer: { privateKey: key.privateKey, certificate: authority.root } }),
    ],
    ['BUNDLE_ROOT_SIGNATURE', 'signed by a stranger', () => withRoot({ issuer: stranger })],
    ['BUNDLE_ROOT_SIGNATURE', 'a bit turned over', () => withCertificate(badlySigned(own.root))],
    [
      'BUNDLE_ROOT_ID',
      "an agent with another key's ID",
      () => withRoot(named(spelled(O, OU, nodeName(stranger, 'creditors-agent').id))),
    ],
    ['BUNDLE_ROOT_CA', 'not a CA', () => withRoot({ ca: false, pathLength: undefined })],
    [
      'BUNDLE_ROOT_CA',
      'basic constraints not critical',
      () => withCertificate(patched(own.root, BASIC_CONSTRAINTS, `${BASIC_CONSTRAINTS.slice(0, -2)}00`, key)),
    ],
    [
      'BUNDLE_ROOT_CA',
      'no basic constraints',
      () => withCertificate(patched(own.root, BASIC_CONSTRAINTS, '0603551d240101ff', key)),
    ],
    ['BUNDLE_ROOT_PATH_LENGTH', 'path length 0', () => withRoot({ pathLength: 0 })],
    ['BUNDLE_ROOT_KEY_USAGE', 'no key usage', () => withRoot({ keyUsage: undefined })],
    ['BUNDLE_ROOT_KEY_USAGE', 'revocation lists alone', () => withRoot({ keyUsage: ['cRLSign'] })],
    [
      'BUNDLE_ROOT_KEY_USAGE',
      'key usage not critical',
      () => withCertificate(patched(own.root, KEY_USAGE, `${KEY_USAGE.slice(0, -2)}00`, key)),
    ],
    [
      'BUNDLE_ROOT_EXTENSION',
      'the identifier of another key',
      () =>
        withCertificate(
          patched(
            own.root,
            identifier(),
            `${identifier().slice(0, -2)}${identifier().endsWith('00') ? '01' : '00'}`,
            key,
          ),
        ),
    ],
    [
      'BUNDLE_ROOT_EXTENSION',
      'no subject key identifier',
      () => withCertificate(patched(own.root, '0603551d0e', '0603551d3e', key)),
    ],
    [
      'BUNDLE_ROOT_EXTENSION',
      'name constraints',
      () => withRoot({ nameConstraints: { permitted: [own.root.subject] } }),
    ],
    [
      'BUNDLE_ROOT_EXTENSION',
      'a critical extension that nobody knows',
      () =>
        withCertificate(
          patched(
            rootOf(name, key, { nameConstraints: { permitted: [own.root.subject] } }),
            '0603551d1e0101ff',
            '0603551d240101ff',
            key,
          ),
        ),
    ],
    ['BUNDLE_ROOT_VALIDITY', 'expired', () => withRoot({ validity: { notBefore: 0, notAfter: AT - 1000 } })],
    ['BUNDLE_ROOT_VALIDITY', 'of tomorrow', () => withRoot({ validity: { notBefore: AT + 1000, notAfter: AT * 2 } })],
  ])('%s: %s', async (code, _, bundle) => {
    expect(await codeOf(bundle())).toBe(code);
  });

  it('may leave the path length out', async () => {
    expect((await verify(withRoot({ pathLength: undefined }))).root.id).toBe(name.id);
  });

  it('is valid from its first to its last second', async () => {
    const last = own.root.notAfter;
    expect([await codeOf(zipOf(bundleFiles(own)), last), await codeOf(zipOf(bundleFiles(own)), last + 1)]).toEqual([
      'accepted',
      'BUNDLE_ROOT_VALIDITY',
    ]);
  });
});

describe('the signing request', () => {
  const request = (pem: string): Buffer => zipOf({ ...bundleFiles(own), 'root-ca.csr': pem });
  const good = createSigningRequest(subjectOf(name), key);
  const der = (pem: string): Buffer => Buffer.from(pem.replace(/-----.*-----/g, ''), 'base64');
  const pemOf = (bytes: Uint8Array): string =>
    `-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.from(bytes).toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
  it.each<[string, string, () => string]>([
    ['BUNDLE_REQUEST_INVALID', 'nothing', () => ''],
    ['BUNDLE_REQUEST_INVALID', 'a certificate', () => own.root.pem()],
    ['BUNDLE_REQUEST_INVALID', 'two', () => good + good],
    ['BUNDLE_REQUEST_INVALID', 'cut off', () => pemOf(der(good).subarray(0, 300))],
    ['BUNDLE_REQUEST_INVALID', 'another version', () => pemOf(replaced(der(good), '020100', '020101'))],
    ['BUNDLE_REQUEST_SUBJECT', 'of another subject', () => createSigningRequest(subjectOf(authority.name), key)],
    [
      'BUNDLE_REQUEST_SUBJECT',
      'in another spelling',
      () => createSigningRequest(parseName(spelled(O, OU.toUpperCase(), name.id)), key),
    ],
    ['BUNDLE_REQUEST_KEY', 'of another key', () => createSigningRequest(subjectOf(name), stranger)],
    [
      'BUNDLE_REQUEST_SIGNATURE',
      'signed by a stranger',
      () => createSigningRequest(subjectOf(name), { publicKey: key.publicKey, privateKey: stranger.privateKey }),
    ],
    ['BUNDLE_REQUEST_SIGNATURE', 'a bit turned over', () => pemOf(flipped(der(good)))],
  ])('%s: %s', async (code, _, pem) => {
    expect(await codeOf(request(pem()))).toBe(code);
  });
});

describe('what the node says of itself', () => {
  const signed = (nodeInfo: Uint8Array): Buffer => zipOf(bundleFiles(own, nodeInfo));
  const good = bundleFiles(own)['nodeinfo.zip'] as Buffer;
  const signature = (bytes: Uint8Array): Buffer => zipOf({ ...bundleFiles(own), 'nodeinfo.signature': bytes });
  it.each<[string, string, () => Buffer]>([
    ['BUNDLE_NODEINFO_SIGNATURE', 'no signature', () => signature(Buffer.alloc(0))],
    ['BUNDLE_NODEINFO_SIGNATURE', 'a bit turned over', () => signature(flipped(signBytes(good, key)))],
    ['BUNDLE_NODEINFO_SIGNATURE', 'signed by a stranger', () => signature(signBytes(good, stranger))],
    ['BUNDLE_NODEINFO_SIGNATURE', 'signed with SHA-1', () => signature(signBytes(good, key, 'sha1'))],
    ['BUNDLE_NODEINFO_SIGNATURE', 'signed with SHA-512', () => signature(signBytes(good, key, 'sha512'))],
    [
      'BUNDLE_NODEINFO_SIGNATURE',
      'signed with PSS',
      () =>
        signature(
          sign('sha256', good, { key: createPrivateKey(key.privateKey), padding: constants.RSA_PKCS1_PSS_PADDING }),
        ),
    ],
    [
      'BUNDLE_NODEINFO_SIGNATURE',
      'changed afterwards',
      () => zipOf({ ...bundleFiles(own), 'nodeinfo.zip': zipOf({ 'stomp.toml': STOMP_TOML.replace('1234', '1235') }) }),
    ],
    ['ZIP_INVALID', 'no archive', () => signed(Buffer.from('not a zip'))],
    ['BUNDLE_NODEINFO', 'no stomp.toml', () => signed(zipOf({ 'updated-at.txt': '2026-11-30\n' }))],
    ['BUNDLE_NODEINFO', 'stomp.toml in a folder', () => signed(zipOf({ 'nodeinfo/stomp.toml': STOMP_TOML }))],
    ['STOMP_TOML', 'no servers', () => signed(zipOf({ 'stomp.toml': STOMP_TOML.replace(/servers.*/, '') }))],
    [
      'BUNDLE_NODEINFO',
      'no such day',
      () => signed(zipOf({ 'stomp.toml': STOMP_TOML, 'updated-at.txt': '2026-13-40\n' })),
    ],
    ['BUNDLE_NODEINFO', 'no day', () => signed(zipOf({ 'stomp.toml': STOMP_TOML, 'updated-at.txt': 'today' }))],
  ])('%s: %s', async (code, _, bundle) => {
    expect(await codeOf(bundle())).toBe(code);
  });
});

describe('the files', () => {
  it.each(Object.keys(bundleFiles(own)))('BUNDLE_CONTENT: without %s', async (file) => {
    const rest = Object.entries(bundleFiles(own)).filter(([path]) => path !== file);
    expect(await codeOf(zipOf(Object.fromEntries(rest)))).toBe('BUNDLE_CONTENT');
  });

  it.each(['ACTIVE', 'sub-ca.crt', 'subnet.txt', 'nodeinfo/stomp.toml', 'x/root-ca.crt'])(
    'BUNDLE_CONTENT: with %s, which would become part of the database',
    async (file) => {
      expect(await codeOf(zipOf({ ...bundleFiles(own), [file]: '' }))).toBe('BUNDLE_CONTENT');
    },
  );
});
