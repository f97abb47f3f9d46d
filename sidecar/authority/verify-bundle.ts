import { createPublicKey, verify } from 'node:crypto';
import { verifySignature } from '../certificates/keys';
import type { StompEndpoint } from '../network/swaptacular-node';
import { AuthorityError } from './authority-error';
import type { BundleErrorCode } from './authority-error';
import { readSigningRequest } from './certificate-request';
import { readZip } from './read-zip';
import type { ZipFileContent, ZipLimits } from './read-zip';
import { readRoot } from './root-certificate';
import type { Root } from './root-certificate';
import { parseStompToml } from './stomp-toml';

/** What the four files of an info bundle are called. */
export const BundleFile = {
  root: 'root-ca.crt',
  request: 'root-ca.csr',
  nodeInfo: 'nodeinfo.zip',
  signature: 'nodeinfo.signature',
} as const;

/** An info bundle that passed every check. */
export interface InfoBundle {
  readonly root: Root;
  /** root-ca.crt, byte by byte: who compares roots compares these. */
  readonly rootFile: Buffer;
  /** The files of nodeinfo.zip; names that nobody knows are among them. */
  readonly nodeInfo: readonly ZipFileContent[];
  readonly stomp: StompEndpoint;
  /** The day (YYYY-MM-DD) in updated-at.txt, where there is one. */
  readonly updatedAt: string | undefined;
}

const MEGABYTE = 1024 * 1024;
const BUNDLE_LIMITS: ZipLimits = { entries: 16, packedBytes: 8 * MEGABYTE, bytes: 9 * MEGABYTE };
export const NODE_INFO_LIMITS: ZipLimits = { entries: 1000, packedBytes: 8 * MEGABYTE, bytes: 32 * MEGABYTE };

/** Most bytes that an info bundle may have. */
export const MOST_BUNDLE_BYTES = BUNDLE_LIMITS.packedBytes;

export interface BundleCheck {
  /** Names the file in errors. */
  readonly where: string;
  /** Milliseconds since the epoch: when the root must be valid. */
  readonly at: number;
  /** Takes the place of `${NODE_ID}` in stomp.toml; it stays as it is without. */
  readonly ownId?: string;
}

/**
 * Verifies the bytes of an info bundle: the archive, the root, the signing request with the same subject and key, and
 * the signature over nodeinfo.zip. Nothing of a bundle is looked at before what it rests on is verified. Throws
 * AuthorityError with the code of the check that failed.
 */
export async function verifyBundle(bytes: Uint8Array, { where, at, ownId }: BundleCheck): Promise<InfoBundle> {
  const files = filesOf(await readZip(bytes, where, BUNDLE_LIMITS), where);
  const root = readRoot(files.root.toString('utf8'), `${BundleFile.root} in ${where}`, at);
  checkRequest(files.request.toString('utf8'), root, `${BundleFile.request} in ${where}`);
  const inside = `${BundleFile.nodeInfo} in ${where}`;
  if (!isNodeInfoSignature(files.nodeInfo, files.signature, root.certificate.publicKey)) {
    const what = `${BundleFile.signature} was not made over it with the root's key (RSA PKCS#1 with SHA-256)`;
    throw refuse('BUNDLE_NODEINFO_SIGNATURE', inside, what);
  }
  const nodeInfo = await readZip(files.nodeInfo, inside, NODE_INFO_LIMITS);
  return { root, rootFile: files.root, nodeInfo, ...readNodeInfo(nodeInfo, inside, ownId) };
}

const refuse = (code: BundleErrorCode, where: string, why: string, cause?: unknown): AuthorityError =>
  new AuthorityError(code, `${where}: ${why}`, {
    remedy: 'ask the node that it belongs to for a correct bundle',
    cause,
  });

type BundleFiles = Readonly<Record<keyof typeof BundleFile, Buffer>>;

function filesOf(entries: readonly ZipFileContent[], where: string): BundleFiles {
  const names: readonly string[] = Object.values(BundleFile);
  const unknown = entries.find(({ path }) => !names.includes(path));
  if (unknown !== undefined) {
    throw refuse('BUNDLE_CONTENT', where, `${JSON.stringify(unknown.path)} is no file of an info bundle`);
  }
  const file = (name: string): Buffer => {
    const found = entries.find(({ path }) => path === name);
    if (found === undefined) throw refuse('BUNDLE_CONTENT', where, `${name} is missing`);
    return found.content;
  };
  return {
    root: file(BundleFile.root),
    request: file(BundleFile.request),
    nodeInfo: file(BundleFile.nodeInfo),
    signature: file(BundleFile.signature),
  };
}

function checkRequest(pem: string, { certificate }: Root, where: string): void {
  const request = readSigningRequest(pem, (why, cause) => refuse('BUNDLE_REQUEST_INVALID', where, why, cause));
  if (Buffer.compare(request.subject.toDer(), certificate.subject.toDer()) !== 0) {
    const what = `its subject is ${request.subject.toRfc4514()}, not that of the root`;
    throw refuse('BUNDLE_REQUEST_SUBJECT', where, what);
  }
  if (Buffer.compare(request.publicKey, certificate.publicKey) !== 0) {
    throw refuse('BUNDLE_REQUEST_KEY', where, 'its key is not that of the root');
  }
  const { signatureAlgorithm, signedBytes, signature } = request;
  if (!verifySignature(request.publicKey, signatureAlgorithm, signedBytes, signature)) {
    throw refuse('BUNDLE_REQUEST_SIGNATURE', where, 'it was not signed with its own key (SHA-256 with RSA)');
  }
}

function isNodeInfoSignature(content: Uint8Array, signature: Uint8Array, spki: Uint8Array): boolean {
  const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  return verify('sha256', content, key, signature);
}

/** The pieces of a nodeinfo folder that are understood. Throws AuthorityError BUNDLE_NODEINFO or STOMP_TOML. */
export function readNodeInfo(
  files: readonly ZipFileContent[],
  where: string,
  ownId = '${NODE_ID}',
): Pick<InfoBundle, 'stomp' | 'updatedAt'> {
  const text = (name: string): string | undefined => files.find(({ path }) => path === name)?.content.toString('utf8');
  const stompToml = text('stomp.toml');
  if (stompToml === undefined) throw refuse('BUNDLE_NODEINFO', where, 'it holds no stomp.toml');
  const updatedAt = text('updated-at.txt')?.replace(/\r?\n$/, '');
  if (updatedAt !== undefined && !isDay(updatedAt)) {
    throw refuse('BUNDLE_NODEINFO', where, `updated-at.txt: ${JSON.stringify(updatedAt)} is not a day as YYYY-MM-DD`);
  }
  return { stomp: parseStompToml(stompToml, ownId, `stomp.toml of ${where}`), updatedAt };
}

const isDay = (text: string): boolean => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
