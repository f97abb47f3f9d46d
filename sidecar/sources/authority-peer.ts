import { parseCertificates } from '../certificates/certificate';
import type { Peer } from '../network/peer';
import type { SwaptacularPeer } from '../network/swaptacular-node';

/** The node that a root certificate (PEM) of a Swaptacular network names, as a broker's plan knows nodes. */
export function authorityPeer(
  id: string,
  rootCertificate: string,
  addresses: Peer['addresses'],
  swaptacular?: SwaptacularPeer,
): Peer {
  const [root] = parseCertificates(rootCertificate);
  if (root === undefined) throw new RangeError('a node without a root certificate');
  return {
    identities: [{ id, name: root.subject, publicKey: root.publicKey, role: 'legal' }],
    services: [],
    addresses,
    nodeCa: root.pem(),
    platformVersion: 1,
    serial: 0n,
    ...(swaptacular === undefined ? {} : { swaptacular }),
  };
}
