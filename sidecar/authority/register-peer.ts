import type { Clock } from '../lib/clock';
import type { SwaptacularPeerState } from '../network/swaptacular-node';
import { AuthorityError } from './authority-error';
import { DatabaseFile, DatabaseFolder, PeerFile } from './database-folder';
import { readSubject } from './node-name';
import { readPeerCertificate } from './peer-certificate';
import type { PeerCertificate } from './peer-certificate';
import { oneCertificate } from './pem-file';
import { readOwnRoot } from './read-database';
import { readPeerRoot } from './read-peer';
import type { Root } from './root-certificate';
import { putFile, withDatabaseLock } from './write-database';

export interface RegisteredPeer {
  readonly id: string;
  readonly state: SwaptacularPeerState;
  /** What the peer allots to us, where it is an accounting authority. */
  readonly subnet: string | undefined;
}

export interface ReceivedCertificate {
  /** The file as it came: kept byte by byte. */
  readonly content: Uint8Array;
  /** Names the file in errors. */
  readonly where: string;
  /** Whether the peer is to be active from now on, or to wait. */
  readonly activate: boolean;
}

/**
 * Verifies the peer certificate that a peer issued to us, and enters it; the peer must have been signed before. The same
 * one may come again, to activate a peer that waits. Throws AuthorityError PEER_CERTIFICATE_…, PEER_UNKNOWN,
 * PEER_REGISTERED, PEER_DEACTIVATED, DATABASE_….
 */
export async function registerPeer(path: string, received: ReceivedCertificate, clock: Clock): Promise<RegisteredPeer> {
  const folder = new DatabaseFolder(path);
  const own = await readOwnRoot(folder);
  const { content, where, activate } = received;
  const pem = Buffer.from(content).toString('utf8');
  const id = issuerOf(pem, where);
  const peer = await knownPeer(folder, id);
  return withDatabaseLock(folder, async () => {
    const issuer = await readPeerRoot(peer, id, own);
    const verified = readPeerCertificate(pem, where, { issuer, subject: own, at: clock.now() });
    if (await peer.has(PeerFile.deactivated)) throw deactivated(id);
    await checkFirst(peer, verified);
    await enterSubnet(folder, peer, { own, verified, where });
    if (!(await peer.has(PeerFile.subCa))) await putFile(peer.at(PeerFile.subCa), content);
    if (activate) await putFile(peer.at(PeerFile.active), '');
    return { id, state: (await peer.has(PeerFile.active)) ? 'active' : 'pending', subnet: verified.subnet };
  });
}

function issuerOf(pem: string, where: string): string {
  const remedy = 'ask who issued it for a correct one';
  const refuse = (why: string, cause?: unknown): AuthorityError =>
    new AuthorityError('PEER_CERTIFICATE_INVALID', `${where}: ${why}`, { remedy, cause });
  const certificate = oneCertificate(pem, refuse);
  const issuer = readSubject(certificate.issuer);
  if (issuer !== undefined) return issuer.id;
  const what = `${where}: its issuer ${certificate.issuer.toRfc4514()} is not a node's name`;
  throw new AuthorityError('PEER_CERTIFICATE_ISSUER', what, { remedy });
}

/** The folder of a peer that was signed. Throws AuthorityError PEER_UNKNOWN. */
export async function knownPeer(folder: DatabaseFolder, id: string): Promise<DatabaseFolder> {
  const peer = folder.folder('peers').folder(id);
  if (/^[0-9a-f]+$/.test(id) && (await peer.has(PeerFile.rootCertificate))) return peer;
  throw new AuthorityError('PEER_UNKNOWN', `there is no peer ${JSON.stringify(id)} in ${folder.at('peers')}`, {
    remedy: 'sign a peer certificate for its info bundle first: netmap ca sign-peer',
  });
}

export const deactivated = (id: string): AuthorityError =>
  new AuthorityError('PEER_DEACTIVATED', `the peer ${id} was deactivated, and that is for good`, {
    remedy: 'leave it as it is',
  });

async function checkFirst(peer: DatabaseFolder, { certificate }: PeerCertificate): Promise<void> {
  const known = await peer.optionalText(PeerFile.subCa);
  if (known === undefined) return;
  const file = peer.at(PeerFile.subCa);
  const remedy = 'put the certificate there that was registered, or remove the file and register again';
  if (oneCertificate(known, (why) => peer.invalid(PeerFile.subCa, why, remedy)).equals(certificate)) return;
  throw new AuthorityError('PEER_REGISTERED', `another certificate of this peer is registered already: ${file}`, {
    remedy: 'ask the peer why it issued two; to take the new one, remove the file and register again',
  });
}

interface Verified {
  readonly own: Root;
  readonly verified: PeerCertificate;
  readonly where: string;
}

async function enterSubnet(
  folder: DatabaseFolder,
  peer: DatabaseFolder,
  { own, verified, where }: Verified,
): Promise<void> {
  const { subnet } = verified;
  if (subnet === undefined) return;
  if (own.nodeType === 'debtors-agent') return putFile(folder.at(DatabaseFile.debtorsSubnet), `${subnet}\n`);
  const ownSubnet = await folder.line(DatabaseFile.creditorsSubnet);
  if (ownSubnet.length === subnet.length) return putFile(peer.at(PeerFile.masqueradeSubnet), `${subnet}\n`);
  throw new AuthorityError('PEER_CERTIFICATE_SUBNET', `${where}: ${subnet} is not as long as our own ${ownSubnet}`, {
    remedy: `see ${folder.at(DatabaseFile.creditorsSubnet)}, or ask the peer`,
  });
}
