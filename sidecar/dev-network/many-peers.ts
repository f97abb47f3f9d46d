import { identityId } from '../certificates/keys';
import { X500Name } from '../certificates/x500-name';
import type { HostAndPort } from '../network/identity';
import type { Peer } from '../network/peer';
import { signNodeInfo } from '../network-map/node-info-writer';
import { PLATFORM_VERSION, type BuildSettings } from './build-node';
import type { Credential } from './credential';
import { issueIdentity, issueNodeCa, type Authority } from './issue-corda';
import { nameIn } from './names';

export interface ManyPeersOptions extends BuildSettings {
  readonly authority: Authority;
  readonly count: number;
  /** The number of the first one, for more peers of the same network; 1 unless given. */
  readonly first?: number;
  /** Where a peer with a number is reached; hosts that do not exist unless given. */
  readonly addressOf?: (number: number) => HostAndPort;
}

/** A peer without a folder, as many as a measurement needs. */
export interface MadePeer {
  readonly peer: Peer;
  /** Issues its TLS certificate, where one is needed (`issueTls`). */
  readonly nodeCa: Credential;
  /** For a folder of NodeInfos: `peer-00001.json`. */
  readonly fileName: string;
  readonly nodeInfo: string;
}

/** Peers one after the other, each with a node CA and a legal identity (P-256) of its own: some hundreds a second. */
export async function* createManyPeers(options: ManyPeersOptions): AsyncGenerator<MadePeer, void, undefined> {
  const { count, first = 1 } = options;
  for (let number = first; number < first + count; number += 1) yield createPeer(number, options);
}

async function createPeer(number: number, options: ManyPeersOptions): Promise<MadePeer> {
  const { authority, serial, addressOf = nowhere } = options;
  const digits = String(number).padStart(5, '0');
  const name = X500Name.parse(nameIn(`Peer ${digits}`, number - 1));
  const nodeCa = issueNodeCa(authority.doorman, name, options);
  const { chain, privateKey } = issueIdentity(nodeCa, 'p256', options);
  const addresses = [addressOf(number)] as const;
  const content = { addresses, platformVersion: PLATFORM_VERSION, serial };
  const { text } = await signNodeInfo({
    ...content,
    identities: [{ role: 'legal', certificates: chain, privateKey }],
  });
  const { publicKey, subject } = chain[0];
  const peer: Peer = {
    ...content,
    identities: [{ id: identityId(publicKey), name: subject, publicKey, role: 'legal' }],
    services: [],
    nodeCa: nodeCa.chain[0].pem(),
  };
  return { peer, nodeCa, fileName: `peer-${digits}.json`, nodeInfo: text };
}

function nowhere(number: number): HostAndPort {
  return { host: `peer-${number}.invalid`, port: 10_002 };
}
