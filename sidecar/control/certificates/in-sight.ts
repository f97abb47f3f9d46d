import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseFile } from '../../authority/database-folder';
import { parseCertificates, type Certificate } from '../../certificates/certificate';
import { CordaRole } from '../../certificates/corda-roles';
import type { SightedCertificate, SightedRole } from '../../certificates/forecast';
import type { Config } from '../../config/config';
import { messageOf } from '../../lib/errors';
import { peerId, type Peer } from '../../network/peer';

/** A file of certificates that could not be read. */
export interface UnreadCertificates {
  readonly from: string;
  readonly reason: string;
}

export interface CertificatesInSight {
  readonly sighted: readonly SightedCertificate[];
  readonly unread: readonly UnreadCertificates[];
}

/** A file, and what each certificate in it is for. */
type SightedFile = readonly [file: string, roleOf: (one: Certificate, index: number) => SightedRole];

/**
 * Every certificate that the configuration names. Nothing is verified, so that what has ended is seen as well; a file
 * that cannot be read is told, and keeps none of the others from being seen.
 */
export async function ownCertificates(config: Config): Promise<CertificatesInSight> {
  const { certificates, node, acceptors, sources } = config;
  const { tls } = acceptors.rpc;
  const files: readonly SightedFile[] = [
    [certificates.chain, chainRole('tls')],
    [
      node.authority === undefined ? certificates.roots : join(node.authority, DatabaseFile.rootCertificate),
      always('root'),
    ],
    ...(node.publish?.identities ?? []).map(({ chain }): SightedFile => [chain, chainRole('identity')]),
    ...(typeof tls === 'string' ? [] : [[tls.chain, chainRole('rpc')] satisfies SightedFile]),
    ...sources.flatMap(({ networkMap }) =>
      networkMap?.trust === undefined ? [] : [[networkMap.trust, always('map-trust')] satisfies SightedFile],
    ),
  ];
  const sighted: SightedCertificate[] = [];
  const unread: UnreadCertificates[] = [];
  for (const [from, roleOf] of files) {
    try {
      const found = parseCertificates(await readFile(from, 'utf8'));
      for (const [index, one] of found.entries()) sighted.push(sight(one, roleOf(one, index), from));
    } catch (error) {
      unread.push({ from, reason: messageOf(error) });
    }
  }
  return { sighted: distinct(sighted), unread };
}

/** What this node was given of its peers. Throws CertificateError for what no source of a map lets through. */
export function peerCertificates(peers: readonly Peer[]): SightedCertificate[] {
  return peers.flatMap((peer) => {
    const id = peerId(peer);
    const { swaptacular } = peer;
    const seen: (readonly [string | undefined, SightedRole])[] =
      swaptacular === undefined
        ? [[peer.nodeCa, 'peer-ca']]
        : [
            [swaptacular.rootCertificate, 'peer-root'],
            [swaptacular.peerCertificate, 'peer-certificate'],
            [swaptacular.subCa, 'sub-ca'],
          ];
    return seen.flatMap(([pem, role]) =>
      pem === undefined ? [] : parseCertificates(pem).map((one) => sight(one, role, 'the map', id)),
    );
  });
}

function sight(one: Certificate, role: SightedRole, from: string, peer?: string): SightedCertificate {
  const { serial, fingerprint, notBefore, notAfter } = one;
  return {
    role,
    subject: one.subject.toCorda(),
    from,
    ...(peer === undefined ? {} : { peer }),
    certificate: { serial, fingerprint, notBefore, notAfter },
  };
}

function always(role: SightedRole): () => SightedRole {
  return () => role;
}

function chainRole(leaf: SightedRole): (one: Certificate, index: number) => SightedRole {
  return (one, index) => {
    if (index === 0) return leaf;
    if (one.cordaRole === CordaRole.NODE_CA) return 'node-ca';
    return one.isSelfIssued ? 'root' : 'intermediate';
  };
}

/** Chains share their upper ends: each certificate once, where it was seen first. */
function distinct(sighted: readonly SightedCertificate[]): SightedCertificate[] {
  const seen = new Set<string>();
  return sighted.filter(({ role, certificate: { fingerprint } }) => {
    const key = `${role} ${fingerprint}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
