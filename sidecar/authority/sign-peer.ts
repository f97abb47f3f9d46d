import { readFile } from 'node:fs/promises';
import type { Certificate } from '../certificates/certificate';
import { AuthorityError } from './authority-error';
import { issueNext } from './certificate-register';
import { DatabaseFolder, PeerFile } from './database-folder';
import { issuePeer } from './issue-certificates';
import { mayPeer, unitOf } from './node-name';
import { readPeerCertificate } from './peer-certificate';
import { readOwnRoot } from './read-database';
import { readPeerRoot } from './read-peer';
import { unlockRootKey } from './root-key';
import type { Passphrase } from './root-key';
import type { Root } from './root-certificate';
import { releaseSubnet, reserveSubnet } from './subnets';
import type { InfoBundle } from './verify-bundle';
import { putNewFolder, withDatabaseLock } from './write-database';
import type { NewFile } from './write-database';
import type { Clock } from '../lib/clock';

export interface SignedPeer {
  readonly id: string;
  /** The peer certificate, to be sent to the peer. */
  readonly certificate: Certificate;
  /** Where it lies. */
  readonly file: string;
  /** What the peer answers for, where we are an accounting authority. */
  readonly subnet: string | undefined;
  /** It was signed before; nothing was changed. */
  readonly wasSigned: boolean;
}

/**
 * Signs a peer certificate for the node of a verified info bundle and enters the peer, pending; for a peer that was
 * signed before, gives what it was given. Throws AuthorityError PEER_TYPE, PEER_OTHER_ROOT, PEER_SUBNET, ROOT_KEY,
 * DATABASE_….
 */
export async function signPeer(
  path: string,
  bundle: InfoBundle,
  passphrase: Passphrase,
  clock: Clock,
): Promise<SignedPeer> {
  const folder = new DatabaseFolder(path);
  const own = await readOwnRoot(folder);
  const { root } = bundle;
  checkTypes(own, root);
  return withDatabaseLock(folder, async () => {
    const peer = folder.folder('peers').folder(root.id);
    if (await peer.has('')) return signedBefore(peer, own, root);
    const rootKey = await unlockRootKey(folder, own, passphrase);
    const at = clock.now();
    const subnet = await reserveSubnet(folder, own, root);
    try {
      const certificate = await issueNext(folder, (serial) => issuePeer(rootKey, root, subnet, { serial, at }));
      await putNewFolder(peer.path, peerFiles(bundle, certificate, subnet));
      return { id: root.id, certificate, file: peer.at(PeerFile.peerCertificate), subnet, wasSigned: false };
    } catch (error) {
      await releaseSubnet(folder, root, subnet);
      throw error;
    }
  });
}

function checkTypes(own: Root, peer: Root): void {
  if (own.id === peer.id) {
    throw new AuthorityError('PEER_TYPE', `the info bundle is that of ${own.id}, which is this node`, {
      remedy: "take the peer's bundle",
    });
  }
  if (mayPeer(own.nodeType, peer.nodeType)) return;
  throw new AuthorityError('PEER_TYPE', `${peer.id} is a ${peer.nodeType}, no peer for a ${own.nodeType}`, {
    remedy: 'accounting authorities peer with agents, and agents with accounting authorities',
  });
}

async function signedBefore(peer: DatabaseFolder, own: Root, root: Root): Promise<SignedPeer> {
  const known = await readPeerRoot(peer, root.id, own);
  if (!known.certificate.equals(root.certificate)) throw otherRoot(root.id);
  const file = peer.at(PeerFile.peerCertificate);
  const pem = await readFile(file, 'utf8').catch(() => peer.text(PeerFile.peerCertificate));
  const { certificate, subnet } = readPeerCertificate(pem, file, { issuer: own, subject: root });
  return { id: root.id, certificate, file, subnet, wasSigned: true };
}

export const otherRoot = (id: string): AuthorityError =>
  new AuthorityError('PEER_OTHER_ROOT', `the root in this bundle is not the one that ${id} is known by`, {
    remedy: 'a node keeps its root for good: ask its owner, by other means than those that brought the bundle',
  });

function peerFiles(bundle: InfoBundle, certificate: Certificate, subnet: string | undefined): NewFile[] {
  return [
    { path: PeerFile.rootCertificate, content: bundle.rootFile },
    { path: PeerFile.nodeType, content: `${unitOf(bundle.root.nodeType)}\n` },
    { path: PeerFile.queues, content: '1\n' },
    ...(subnet === undefined ? [] : [{ path: PeerFile.subnet, content: `${subnet}\n` }]),
    { path: PeerFile.peerCertificate, content: certificate.pem() },
    ...nodeInfoFiles(bundle, `${PeerFile.nodeInfo}/`),
  ];
}

export const nodeInfoFiles = ({ nodeInfo }: InfoBundle, below = ''): NewFile[] =>
  nodeInfo.map(({ path, content }) => ({ path: `${below}${path}`, content }));
