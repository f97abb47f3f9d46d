import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseCertificates, type Certificate } from '../../../sidecar/certificates/certificate';
import { PLATFORM_VERSION } from '../../../sidecar/dev-network/build-node';
import type { DevNode } from '../../../sidecar/dev-network/dev-network';
import { mapFileName } from '../../../sidecar/dev-network/layout';
import { writeFileAtomic } from '../../../sidecar/lib/atomic-file';
import type { HostAndPort } from '../../../sidecar/network/identity';
import { signNodeInfo } from '../../../sidecar/network-map/node-info-writer';

/** A NodeInfo of the node that says it is reached there; newer than every one before by its serial. */
export async function nodeInfoAt(
  { files }: DevNode,
  addresses: readonly HostAndPort[],
  serial: bigint,
): Promise<string> {
  const [privateKey, chain] = await Promise.all([
    readFile(files.identityKey, 'utf8'),
    readFile(files.identityChain, 'utf8'),
  ]);
  const certificates = parseCertificates(chain) as [Certificate, ...Certificate[]];
  const { text } = await signNodeInfo({
    addresses,
    platformVersion: PLATFORM_VERSION,
    serial,
    identities: [{ role: 'legal', certificates, privateKey }],
  });
  return text;
}

/** Puts a NodeInfo of `peer` into the network map of `node`. */
export async function putIntoMap(node: DevNode, peer: DevNode, nodeInfo: string): Promise<void> {
  await writeFileAtomic(join(node.files.map, mapFileName(peer.alias)), nodeInfo);
}

/** Takes the NodeInfo of `peer` out of the network map of `node`; answers what it was. */
export async function takeFromMap(node: DevNode, peer: DevNode): Promise<string> {
  const file = join(node.files.map, mapFileName(peer.alias));
  const nodeInfo = await readFile(file, 'utf8');
  await rm(file);
  return nodeInfo;
}
