import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseCertificates, type Certificate } from '../certificates/certificate';
import { CordaRole } from '../certificates/corda-roles';
import type { Config, PublishConfig } from '../config/config';
import { readSecret } from '../config/read-secret';
import { writeFileAtomic } from '../lib/atomic-file';
import { NetmapError } from '../lib/errors';
import type { Peer } from '../network/peer';
import { nodeInfoFileName, signNodeInfoBlob } from '../network-map/node-info-blob';
import { readNodeInfoJson } from '../network-map/node-info-json';
import { signNodeInfo, type NodeInfoContent, type SigningIdentity } from '../network-map/node-info-writer';
import type { SignedNodeInfo } from '../network-map/node-info';
import type { DocumentSigner } from '../network-map/sign-document';
import { readSignedNodeInfo } from '../network-map/signed-node-info';
import type { Trust } from '../network-map/trust';
import { verifyNodeInfo } from '../network-map/verify-node-info';
import { NodeError } from './node-error';

/** The node's own NodeInfo, as it is written beside its configuration and published. */
export interface OwnNodeInfo {
  readonly peer: Peer;
  readonly signed: SignedNodeInfo;
  readonly bytes: Uint8Array;
  /** Absolute path. */
  readonly file: string;
  /** Its content differs from that of the file, or there was none. */
  readonly isNew: boolean;
  /** The own legal identity, which signs for the node. */
  readonly signer: DocumentSigner;
}

export interface OwnNodeInfoInput {
  readonly config: Config;
  readonly publish: PublishConfig;
  readonly trust: Trust;
  /** A serial of this node that was seen before, in the network map for one; a new one is higher. */
  readonly knownSerial: (id: string) => bigint | undefined;
}

/**
 * Makes the own NodeInfo of keys, certificates and settings, and verifies it as others will. As long as the content is
 * the same, the one in the file is kept, to the byte; else the serial grows. Nothing is written.
 * Throws NodeError, NodeInfoError or ConfigError.
 */
export async function makeOwnNodeInfo(input: OwnNodeInfoInput): Promise<OwnNodeInfo> {
  const { config, publish, trust } = input;
  const [first, ...others] = publish.identities;
  const own = await readIdentity(first);
  const identities = [own, ...(await Promise.all(others.map(readIdentity)))];
  const format = formatOf(config);
  const name = nodeInfoFileName(own.certificates[0].subject);
  const file = join(dirname(config.file), format === 'json' ? `${name}.json` : name);
  const signer = { privateKey: own.privateKey, chain: own.certificates };
  const content = { addresses: publish.addresses, platformVersion: publish.platformVersion, identities };
  const before = await readOwn(file, format);
  if (before !== undefined && isSame(before.signed, content)) {
    const peer = await verifyNodeInfo(before.signed, trust).catch(() => undefined);
    if (peer !== undefined) return { peer, ...before, file, isNew: false, signer };
  }
  const peerIdOf = (await sign({ ...content, serial: 1n }, format)).signed;
  const {
    identities: [{ id }],
  } = await verifyNodeInfo(peerIdOf, trust);
  const last = [before?.signed.nodeInfo.serial, input.knownSerial(id), BigInt(trust.at) - 1n];
  const serial = last.reduce<bigint>((most, each) => (each !== undefined && each > most ? each : most), 0n) + 1n;
  const made = await sign({ ...content, serial }, format);
  return { peer: await verifyNodeInfo(made.signed, trust), ...made, file, isNew: true, signer };
}

/** Puts the NodeInfo into its file; does nothing when it is there. */
export async function writeOwnNodeInfo({ file, bytes }: OwnNodeInfo): Promise<void> {
  await writeFileAtomic(file, bytes);
}

function formatOf({ sources }: Config): 'corda' | 'json' {
  return sources.find(({ networkMap }) => networkMap !== undefined)?.networkMap?.format ?? 'corda';
}

async function readIdentity({ key, chain }: PublishConfig['identities'][number]) {
  const privateKey = (await readSecret(key)).reveal();
  const [own, ...above] = parseCertificates(await textOf(chain));
  if (own === undefined) {
    throw new NodeError('NODE_CHAIN', `${chain} holds no certificate`, {
      remedy: 'give the identity, its CA and so on',
    });
  }
  const certificates: [Certificate, ...Certificate[]] = [own, ...above];
  const role = own.cordaRole === CordaRole.SERVICE_IDENTITY ? ('service' as const) : ('legal' as const);
  return { role, certificates, privateKey } satisfies SigningIdentity;
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new NodeError('NODE_CHAIN', `${path} cannot be read`, { remedy: 'check the path and its mode', cause });
  }
}

interface Signed {
  readonly signed: SignedNodeInfo;
  readonly bytes: Uint8Array;
}

async function sign(content: NodeInfoContent, format: 'corda' | 'json'): Promise<Signed> {
  const bytes = format === 'json' ? Buffer.from((await signNodeInfo(content)).text) : signNodeInfoBlob(content).bytes;
  return { bytes, signed: read(bytes, format) };
}

function read(bytes: Uint8Array, format: 'corda' | 'json'): SignedNodeInfo {
  return format === 'json' ? readNodeInfoJson(bytes) : readSignedNodeInfo(bytes);
}

/** What is in the file of before, if it can be used. */
async function readOwn(file: string, format: 'corda' | 'json'): Promise<Signed | undefined> {
  const bytes = await readFile(file).catch(() => undefined);
  try {
    return bytes === undefined ? undefined : { bytes, signed: read(bytes, format) };
  } catch (error) {
    if (error instanceof NetmapError) return undefined;
    throw error;
  }
}

function isSame({ nodeInfo }: SignedNodeInfo, content: Omit<NodeInfoContent, 'serial'>): boolean {
  const text = (value: unknown): string => JSON.stringify(value);
  const before = nodeInfo.identities.map(({ certificates }) => certificates.map(base64));
  const wanted = content.identities.map(({ certificates }) => certificates.map(({ der }) => base64(der)));
  const addresses = content.addresses.map(({ host, port }) => ({ host, port }));
  return (
    nodeInfo.platformVersion === content.platformVersion &&
    text(nodeInfo.addresses.map(({ host, port }) => ({ host, port }))) === text(addresses) &&
    text(before) === text(wanted)
  );
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
