import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseCertificates, type Certificate } from '../certificates/certificate';
import { verifyCordaChain } from '../certificates/corda-roles';
import { ConfigError } from '../config/config-error';
import type { Config } from '../config/config';
import { readSecret } from '../config/read-secret';
import type { Clock } from '../lib/clock';
import { messageOf } from '../lib/errors';
import type { Peer } from '../network/peer';
import type { StoreContents } from '../render/stores';
import { nodeInfoFileReader } from '../sources/node-info-file';
import { readAuthorityMaterial } from './authority-material';
import { NodeError } from './node-error';
import { makeOwnNodeInfo, type OwnNodeInfo } from './own-node-info';
import { StateFolder } from './state-folder';

/** Who this node is, verified wholly: its NodeInfo, its TLS certificate and what the broker's stores are made of. */
export interface NodeMaterial {
  readonly own: Peer;
  readonly roots: readonly Certificate[];
  readonly stores: StoreContents;
  /** The own NodeInfo as it is published. */
  readonly nodeInfo?: Uint8Array;
  /** Where the own NodeInfo is made here: what becomes of it, and who signs for this node. */
  readonly made?: OwnNodeInfo;
  /** CAs that sign revocation lists, besides those of the own chain and the roots. */
  readonly issuers?: readonly Certificate[];
  /** In a Swaptacular network: where peers send to. */
  readonly destination?: string;
}

/**
 * Reads and verifies all that the configuration names; `trusted` in the place of its roots, which an authority has none of.
 * Throws NodeError, NodeInfoError, AuthorityError or ConfigError.
 */
export async function readNodeMaterial(
  config: Config,
  clock: Clock,
  trusted?: readonly Certificate[],
): Promise<NodeMaterial> {
  const { certificates, node } = config;
  if (node.authority !== undefined) return readAuthorityMaterial(config, node.authority, clock);
  const roots = trusted ?? (await readChain(certificates.roots));
  const key = (await readSecret(certificates.key)).reveal();
  const chain = await readChain(certificates.chain);
  const leaf = verifyOwnChain(chain, key, roots, clock.now());
  const { own, file, ...published } = await ownNodeInfo(config, roots, clock);
  const { name } = own.identities[0];
  if (!name.equals(leaf.subject)) {
    throw new NodeError(
      'NODE_NAME_MISMATCH',
      `${file} is of ${name.toCorda()}, the TLS certificate of ${leaf.subject.toCorda()}`,
      {
        remedy: 'give the NodeInfo and the TLS certificate of one and the same node',
      },
    );
  }
  const rpc = await separateRpc(config);
  const stores = {
    nodeKey: key,
    nodeChain: chain.map((one) => one.pem()).join(''),
    ownCertificate: leaf.pem(),
    roots: roots.map((one) => one.pem()).join(''),
    ...(rpc === undefined ? {} : { rpc }),
  };
  const issuers = certificates.revocation?.issuers;
  return { own, roots, stores, ...published, ...(issuers === undefined ? {} : { issuers: await readChain(issuers) }) };
}

async function ownNodeInfo(config: Config, roots: readonly Certificate[], clock: Clock) {
  const { nodeInfo, publish } = config.node;
  if (publish !== undefined) {
    const serials = await new StateFolder(config.state).readSerials();
    const trust = { roots, at: clock.now() };
    const made = await makeOwnNodeInfo({ config, publish, trust, knownSerial: (id) => serials.get(id) });
    return { own: made.peer, file: made.file, nodeInfo: made.bytes, made };
  }
  if (nodeInfo === undefined) throw new RangeError('a configuration without an own NodeInfo');
  const content = await bytes(nodeInfo);
  const { peer: own } = await nodeInfoFileReader(roots, clock)({ name: basename(nodeInfo), bytes: content });
  return { own, file: nodeInfo, nodeInfo: content };
}

/** The certificates of a PEM file. Throws NodeError or ConfigError. */
export async function readChain(file: string): Promise<Certificate[]> {
  return readCertificates(file, await text(file));
}

function readCertificates(file: string, pem: string): Certificate[] {
  try {
    return parseCertificates(pem);
  } catch (error) {
    throw new NodeError('NODE_CHAIN', `${file} cannot be used: ${messageOf(error)}`, {
      remedy: 'give certificates in PEM, one after the other',
      cause: error,
    });
  }
}

function verifyOwnChain(
  chain: readonly Certificate[],
  key: string,
  roots: readonly Certificate[],
  at: number,
): Certificate {
  const [leaf] = chain;
  if (leaf === undefined)
    throw new NodeError('NODE_CHAIN', 'the TLS chain holds no certificate', { remedy: 'give leaf, node CA and so on' });
  try {
    verifyCordaChain({ chain, roots, at, leaf, roles: ['TLS'] });
  } catch (error) {
    throw new NodeError('NODE_CHAIN', `the own TLS certificate is not good for this network: ${messageOf(error)}`, {
      remedy: 'have the network issue a TLS certificate, and give its chain, leaf first',
      cause: error,
    });
  }
  checkKey(key, leaf);
  return leaf;
}

/** Throws NodeError NODE_KEY_MISMATCH. */
export function checkKey(key: string, leaf: Certificate): void {
  if (publicKeyOf(key).equals(Buffer.from(leaf.publicKey))) return;
  const whose = leaf.subject.toCorda();
  throw new NodeError('NODE_KEY_MISMATCH', `the TLS key does not belong to the certificate of ${whose}`, {
    remedy: 'give the key with which the first certificate of the chain was requested',
  });
}

function publicKeyOf(pem: string): Buffer {
  try {
    return createPublicKey(createPrivateKey(pem)).export({ type: 'spki', format: 'der' });
  } catch (error) {
    throw new NodeError('NODE_KEY_MISMATCH', `the TLS key cannot be read: ${messageOf(error)}`, {
      remedy: 'give an unencrypted private key in PEM (PKCS#8)',
      cause: error,
    });
  }
}

/** Key and chain of the rpc acceptor where it has its own. Throws ConfigError. */
export async function separateRpc({ acceptors }: Config): Promise<StoreContents['rpc']> {
  const { tls } = acceptors.rpc;
  if (typeof tls === 'string') return undefined;
  return { key: (await readSecret(tls.key)).reveal(), chain: await text(tls.chain) };
}

async function text(path: string): Promise<string> {
  return (await bytes(path)).toString('utf8');
}

async function bytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw ConfigError.because(
      'CONFIG_MISSING',
      `${path} cannot be read: ${messageOf(error)}`,
      'check the path and its mode',
    );
  }
}
