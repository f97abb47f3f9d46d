import { X500Name } from '../../../sidecar/certificates/x500-name';
import type { Credential } from '../../../sidecar/dev-network/credential';
import { issueAuthority, issueIdentity, issueNodeCa } from '../../../sidecar/dev-network/issue-corda';
import { issueMapSigners } from '../../../sidecar/dev-network/issue-map-signers';
import { peerId, type Peer } from '../../../sidecar/network/peer';
import { signNodeInfoBlob } from '../../../sidecar/network-map/node-info-blob';
import { readSignedNodeInfo } from '../../../sidecar/network-map/signed-node-info';
import { verifyNodeInfo } from '../../../sidecar/network-map/verify-node-info';
import { authority, settings, START } from '../served-map';
import { FIRST_PORT } from './planned';
import { bytesKey } from './remembered';

/** One NodeInfo that a node has signed at some time. */
export interface PoolInfo {
  readonly node: PoolNode;
  readonly serial: bigint;
  readonly hash: string;
  readonly bytes: Buffer;
  /** Of its one address; another in each NodeInfo of a node. */
  readonly port: number;
  readonly peer: Peer;
}

/** Keys and certificates of one node, the same in all histories. */
export interface PoolNode {
  readonly id: string;
  readonly letter: string;
  readonly name: X500Name;
  readonly credential: Credential;
  /** By serial, from 1 on. */
  readonly infos: Map<bigint, PoolInfo>;
}

const LETTERS = ['A', 'B', 'C', 'D', 'E', 'F'];

export class NodePool {
  readonly root = authority.root.chain[0];
  readonly signers = issueMapSigners(authority.root, settings);
  /** Of another network. */
  readonly foreignSigner = issueMapSigners(issueAuthority(settings).root, settings).map;
  private readonly byHash = new Map<string, PoolInfo>();
  private readonly byBytes = new Map<string, PoolInfo>();

  private constructor(readonly nodes: readonly [PoolNode, ...PoolNode[]]) {}

  static async make(): Promise<NodePool> {
    const [first, ...others] = await Promise.all(LETTERS.map(issueNode));
    if (first === undefined) throw new RangeError('a pool without nodes');
    return new NodePool([first, ...others]);
  }

  /** The NodeInfo of a node with this serial. */
  async info(node: PoolNode, serial: bigint): Promise<PoolInfo> {
    const found = node.infos.get(serial);
    if (found !== undefined) return found;
    const info = { node, serial, ...(await signInfo(node.credential, serial)) };
    node.infos.set(serial, info);
    this.byHash.set(info.hash, info);
    this.byBytes.set(bytesKey(info.bytes), info);
    return info;
  }

  ofHash(hash: string): PoolInfo {
    return known(this.byHash.get(hash));
  }

  ofBytes(bytes: Uint8Array): PoolInfo {
    return known(this.byBytes.get(bytesKey(bytes)));
  }

  letterOf(id: string): string {
    return this.nodes.find((node) => node.id === id)?.letter ?? '?';
  }
}

async function issueNode(letter: string): Promise<PoolNode> {
  const name = X500Name.parse(`O=Party ${letter}, L=London, C=GB`);
  const credential = issueIdentity(issueNodeCa(authority.doorman, name, settings), 'p256', settings);
  const { peer } = await signInfo(credential, 1n);
  return { id: peerId(peer), letter, name, credential, infos: new Map() };
}

async function signInfo({ chain, privateKey }: Credential, serial: bigint): Promise<Omit<PoolInfo, 'node' | 'serial'>> {
  const port = FIRST_PORT + Number(serial);
  const { bytes, hash } = signNodeInfoBlob({
    ...{ addresses: [{ host: 'party.example', port }], platformVersion: 12, serial },
    identities: [{ role: 'legal', certificates: chain, privateKey }],
  });
  const peer = await verifyNodeInfo(readSignedNodeInfo(bytes), { roots: [authority.root.chain[0]], at: START });
  return { bytes: Buffer.from(bytes), hash, port, peer };
}

function known(info: PoolInfo | undefined): PoolInfo {
  if (info === undefined) throw new Error('nobody has ever signed this NodeInfo');
  return info;
}
