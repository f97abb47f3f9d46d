import type { SwaptacularPeer, SwaptacularPeerState } from '../network/swaptacular-node';
import { PeerFile } from './database-folder';
import type { DatabaseFolder } from './database-folder';
import { mayPeer, unitOf } from './node-name';
import { isSubnetFor, readPeerCertificate } from './peer-certificate';
import { readRoot } from './root-certificate';
import type { Root } from './root-certificate';
import { parseStompToml } from './stomp-toml';

export const MOST_QUEUES = 99;

/**
 * One peer from its folder, verified against the own root. `ownSubnet` is what the own node answers for. Throws
 * AuthorityError.
 */
export async function readPeer(
  folder: DatabaseFolder,
  id: string,
  own: Root,
  ownSubnet: string | undefined,
): Promise<SwaptacularPeer> {
  const root = await readPeerRoot(folder, id, own);
  const stomp = parseStompToml(await folder.text(PeerFile.stompToml), own.id, folder.at(PeerFile.stompToml));
  const peerCertificate = await readBetween(folder, PeerFile.peerCertificate, { issuer: own, subject: root });
  const subCa = await readBetween(folder, PeerFile.subCa, { issuer: root, subject: own });
  const subnet = await readSubnet(folder, { own, ownSubnet, peer: root });
  return {
    id,
    nodeType: root.nodeType,
    state: await readState(folder, subCa !== undefined),
    rootCertificate: root.certificate.pem(),
    ...(subCa === undefined ? {} : { subCa }),
    ...(peerCertificate === undefined ? {} : { peerCertificate }),
    stomp,
    ...(subnet === undefined ? {} : { subnet }),
    queues: await readQueues(folder),
  };
}

/** The root in a peer's folder, which must be named after it. Throws AuthorityError. */
export async function readPeerRoot(folder: DatabaseFolder, id: string, own: Root): Promise<Root> {
  const file = PeerFile.rootCertificate;
  const root = readRoot(await folder.text(file), folder.at(file));
  if (root.id !== id) throw folder.invalid('', `the root in it is that of ${root.id}`, `name the folder ${root.id}`);
  const unit = await folder.line(PeerFile.nodeType);
  if (unit !== unitOf(root.nodeType)) {
    const what = `${JSON.stringify(unit)}, but its root says ${unitOf(root.nodeType)}`;
    throw folder.invalid(PeerFile.nodeType, what, 'write there what the root says');
  }
  if (mayPeer(own.nodeType, root.nodeType)) return root;
  const what = `a ${root.nodeType} is no peer for a ${own.nodeType}`;
  throw folder.invalid('', what, 'move the folder away');
}

async function readBetween(
  folder: DatabaseFolder,
  file: string,
  parties: { readonly issuer: Root; readonly subject: Root },
): Promise<string | undefined> {
  const pem = await folder.optionalText(file);
  return pem === undefined ? undefined : readPeerCertificate(pem, folder.at(file), parties).certificate.pem();
}

async function readState(folder: DatabaseFolder, isRegistered: boolean): Promise<SwaptacularPeerState> {
  if (await folder.has(PeerFile.deactivated)) return 'deactivated';
  return isRegistered && (await folder.has(PeerFile.active)) ? 'active' : 'pending';
}

/** How many queues there are to a peer. Throws AuthorityError. */
export async function readQueues(folder: DatabaseFolder): Promise<number> {
  const text = await folder.line(PeerFile.queues);
  const queues = /^\d{1,2}$/.test(text.trim()) ? Number(text) : 0;
  if (queues >= 1) return queues;
  const what = `${JSON.stringify(text)} is not a number from 1 to ${MOST_QUEUES}`;
  throw folder.invalid(PeerFile.queues, what, 'write there how many queues the peer has had so far, or 1');
}

interface Parties {
  readonly own: Root;
  readonly ownSubnet: string | undefined;
  readonly peer: Root;
}

async function readSubnet(folder: DatabaseFolder, { own, ownSubnet, peer }: Parties): Promise<string | undefined> {
  if (own.nodeType === 'debtors-agent') return undefined;
  const isAllotted = own.nodeType === 'accounting-authority';
  const file = isAllotted ? PeerFile.subnet : PeerFile.masqueradeSubnet;
  const subnet = isAllotted ? await folder.line(file) : await folder.optionalLine(file);
  if (subnet === undefined) return undefined;
  const isRight = isAllotted ? isSubnetFor(subnet, peer.nodeType, own.id) : isSameSize(subnet, ownSubnet);
  if (isRight) return subnet;
  const what = `${JSON.stringify(subnet)} is no subnet for ${isAllotted ? peer.nodeType : own.nodeType}s`;
  throw folder.invalid(file, what, 'write there what the comment of the peer certificate says');
}

const isSameSize = (subnet: string, ownSubnet = ''): boolean =>
  /^[0-9a-f]+$/.test(subnet) && subnet.length === ownSubnet.length;
