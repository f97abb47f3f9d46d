import type { Certificate } from '../../../sidecar/certificates/certificate';
import { Purpose } from '../../../sidecar/certificates/extensions';
import { generateKeyPair, issueCertificate, type KeyPair } from '../../../sidecar/certificates/issue';
import { X500Name } from '../../../sidecar/certificates/x500-name';
import type { RelayTls } from '../../../sidecar/relay/peer-socket';

/** A node with its root and its server certificate, of the form that the reference scripts make; of P-256, to be quick. */
export interface NodeMaterial {
  readonly id: string;
  readonly name: X500Name;
  readonly rootKey: KeyPair;
  readonly root: Certificate;
  readonly serverKey: string;
  readonly server: Certificate;
}

let serial = 0n;

function statement(): { serial: bigint; validity: { notBefore: number; notAfter: number } } {
  serial += 1n;
  const now = Date.now();
  return { serial, validity: { notBefore: now - 60_000, notAfter: now + 86_400_000 } };
}

export function makeNode(id: string, organisation = 'Swaptacular Nodes Registry'): NodeMaterial {
  const name = X500Name.of([
    { type: 'serialNumber', value: id },
    { type: 'OU', value: id.length === 8 ? 'Accounting Authorities' : 'Creditors Agents' },
    { type: 'O', value: organisation },
  ]);
  const rootKey = generateKeyPair('p256');
  const root = issueCertificate({
    ...statement(),
    subject: name,
    subjectKey: rootKey.publicKey,
    issuer: { privateKey: rootKey.privateKey },
    ca: true,
    pathLength: 1,
    keyUsage: ['keyCertSign', 'cRLSign'],
  });
  const key = generateKeyPair('p256');
  const server = issueCertificate({
    ...statement(),
    subject: name,
    subjectKey: key.publicKey,
    issuer: { privateKey: rootKey.privateKey, certificate: root },
    keyUsage: ['digitalSignature', 'keyEncipherment'],
    extendedKeyUsage: [Purpose.clientAuth, Purpose.serverAuth],
  });
  return { id, name, rootKey, root, serverKey: key.privateKey, server };
}

/** The certificate that `issuer` makes for the root of `peer`. */
export function peerCertificate(issuer: NodeMaterial, peer: NodeMaterial): Certificate {
  return issueCertificate({
    ...statement(),
    subject: peer.name,
    subjectKey: peer.rootKey.publicKey,
    issuer: { privateKey: issuer.rootKey.privateKey, certificate: issuer.root },
    ca: true,
    pathLength: 0,
    keyUsage: ['keyCertSign', 'cRLSign'],
    nameConstraints: { permitted: [peer.name] },
  });
}

/** What `own` needs to send to `peer`. */
export function relayTls(own: NodeMaterial, peer: NodeMaterial): RelayTls {
  return {
    key: own.serverKey,
    chain: own.server.pem() + peerCertificate(peer, own).pem(),
    trust: peer.root.pem(),
  };
}
