import { createPrivateKey, randomBytes, sign } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import type { Zippable, ZipOptions } from 'fflate';
import { Certificate } from '../../sidecar/certificates/certificate';
import { readDer, sequenceOf } from '../../sidecar/certificates/der';
import { derBits, derSequence } from '../../sidecar/certificates/der-writer';
import { issueCertificate } from '../../sidecar/certificates/issue';
import type { CertificateRequest, KeyPair } from '../../sidecar/certificates/issue';
import { X500Name } from '../../sidecar/certificates/x500-name';
import type { AuthorityTools } from '../../sidecar/authority/issue-certificates';
import { createSigningRequest } from '../../sidecar/authority/certificate-request';
import { agentId, subjectOf } from '../../sidecar/authority/node-name';
import type { NodeName } from '../../sidecar/authority/node-name';
import { ManualClock } from '../../sidecar/lib/clock';
import { packageRoot } from '../../sidecar/lib/package-root';

export const fixtures = join(packageRoot(), 'test/fixtures/swaptacular');
export const fixture = (file: string): Buffer => readFileSync(join(fixtures, file));
export const realPassphrase = fixture('passphrase.txt').toString().trim();

/** Within the dates of the real databases. */
export const AT = Date.parse('2026-12-01T12:00:00Z');
const YEAR = 365 * 86_400_000;

/** Tools that hand out the keys in turn; they take seconds to make. */
export function toolsWith(keys: readonly KeyPair[], at = AT): AuthorityTools & { readonly clock: ManualClock } {
  let next = 0;
  return {
    clock: new ManualClock(at),
    generateKey: () => keys[next++ % keys.length] as KeyPair,
    randomBytes: (count) => randomBytes(count),
  };
}

export const nodeName = (key: KeyPair, nodeType: NodeName['nodeType'], id = agentId(key.publicKey)): NodeName => ({
  nodeType,
  id,
});

/** A root as it should be, but for the change. */
export function rootOf(name: NodeName, key: KeyPair, change: Partial<CertificateRequest> = {}): Certificate {
  return issueCertificate({
    subject: subjectOf(name),
    subjectKey: key.publicKey,
    issuer: key,
    validity: { notBefore: AT - YEAR, notAfter: AT + 900 * YEAR },
    serial: 5n,
    ca: true,
    pathLength: 1,
    keyUsage: ['keyCertSign', 'cRLSign'],
    ...change,
  });
}

/** A peer certificate as it should be, but for the change. */
export function peerCertificateOf(
  issuer: { readonly root: Certificate; readonly key: KeyPair },
  subject: Certificate,
  change: Partial<CertificateRequest> = {},
): Certificate {
  return issueCertificate({
    subject: subject.subject,
    subjectKey: subject.publicKey,
    issuer: { privateKey: issuer.key.privateKey, certificate: issuer.root },
    validity: { notBefore: AT - YEAR, notAfter: AT + 900 * YEAR },
    serial: 6n,
    ca: true,
    pathLength: 0,
    keyUsage: ['keyCertSign', 'cRLSign'],
    nameConstraints: { permitted: [subject.subject] },
    netscapeComment: 'Subnet: 000001',
    ...change,
  });
}

/** The certificate with bytes (hexadecimal) of its body replaced by as many others, signed again. */
export function patched(certificate: Certificate, from: string, to: string, key: KeyPair): Certificate {
  const body = replaced(certificate.signedBytes, from, to);
  const [, algorithm] = sequenceOf(readDer(certificate.der), 'it');
  const signature = sign('sha256', body, createPrivateKey(key.privateKey));
  return Certificate.fromDer(derSequence(body, algorithm?.bytes ?? Buffer.alloc(0), derBits(signature)));
}

/** Bytes (hexadecimal) replaced by as many others; they must be there. */
export function replaced(bytes: Uint8Array, from: string, to: string): Buffer {
  const found = Buffer.from(bytes);
  const at = found.indexOf(Buffer.from(from, 'hex'));
  if (at < 0 || from.length !== to.length) throw new Error(`${from} is not there`);
  found.set(Buffer.from(to, 'hex'), at);
  return found;
}

/** One bit turned over, the last but nine bytes from the end unless told. */
export function flipped(bytes: Uint8Array, at = bytes.length - 10): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

/** The same certificate with another signature. */
export const badlySigned = (certificate: Certificate): Certificate => Certificate.fromDer(flipped(certificate.der));

export const parseName = (text: string): X500Name => X500Name.parse(text);

export const signBytes = (content: Uint8Array, key: KeyPair, hash = 'sha256'): Buffer =>
  sign(hash, content, createPrivateKey(key.privateKey));

export const STOMP_TOML = 'servers = ["peer.example:1234"]\nhost = "/"\ndestination = "/exchange/${NODE_ID}"\n';

const file = (content: string | Uint8Array): Uint8Array => Buffer.from(content);

/** An archive of plain files. */
export function zipOf(files: Readonly<Record<string, string | Uint8Array>>, options: ZipOptions = {}): Buffer {
  const entries: Zippable = {};
  for (const [path, content] of Object.entries(files)) entries[path] = file(content);
  return Buffer.from(zipSync(entries, options));
}

export type BundleFiles = Record<string, string | Uint8Array>;

export interface OwnNode {
  readonly name: NodeName;
  readonly key: KeyPair;
  readonly root: Certificate;
}

/** The four files of a good bundle, for a test to change; `nodeInfo` is signed as it is. */
export function bundleFiles(
  { name, key, root }: OwnNode,
  nodeInfo: Uint8Array = zipOf({ 'stomp.toml': STOMP_TOML, 'updated-at.txt': '2026-11-30\n' }),
): BundleFiles {
  return {
    'root-ca.crt': root.pem(),
    'root-ca.csr': createSigningRequest(subjectOf(name), key),
    'nodeinfo.zip': nodeInfo,
    'nodeinfo.signature': signBytes(nodeInfo, key),
  };
}

/** The output of the `openssl` command; throws with its errors when it fails. */
export function openssl(...args: string[]): string {
  return execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
