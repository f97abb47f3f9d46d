import type { Certificate } from '../../sidecar/certificates/certificate';
import { cordaShape, type CertificateShape } from '../../sidecar/certificates/corda-shapes';
import type { CordaRole } from '../../sidecar/certificates/corda-roles';
import { generateKeyPair, issueCertificate, type KeyPair } from '../../sidecar/certificates/issue';
import type { SigningScheme } from '../../sidecar/certificates/keys';
import { X500Name } from '../../sidecar/certificates/x500-name';
import type { NodeInfoContent, SigningIdentity } from '../../sidecar/network-map/node-info-writer';
import { expected } from './corda-node-infos';

export const validity = { notBefore: Date.parse('2026-01-01T00:00:00Z'), notAfter: Date.parse('2027-01-01T00:00:00Z') };

export interface Holder {
  readonly certificate: Certificate;
  readonly privateKey: string;
}

let serial = 0n;

/** A certificate with a new key, or another's. */
export function issue(
  name: string,
  role: CordaRole | 'ROOT',
  issuer: Holder | undefined,
  { key = generateKeyPair('p256'), ...shape }: Partial<CertificateShape> & { key?: KeyPair } = {},
  notAfter = validity.notAfter,
): Holder {
  serial += 1n;
  const subject = X500Name.parse(name);
  const { publicKey: subjectKey, privateKey } = key;
  const span = { ...validity, notAfter };
  const request = { ...cordaShape(role, subject), ...shape, subject, subjectKey, validity: span, serial };
  return { certificate: issueCertificate({ ...request, issuer: issuer ?? { privateKey } }), privateKey };
}

/** A network with one root and a doorman, whose nodes are given by their names. */
export class SampleNetwork {
  readonly root = issue('CN=Root, O=Network, L=London, C=GB', 'ROOT', undefined);
  readonly doorman = issue('CN=Doorman, O=Network, L=London, C=GB', 'DOORMAN_CA', this.root);

  legal(name: string, scheme: SigningScheme = 'ed25519'): SigningIdentity {
    const nodeCa = issue(name, 'NODE_CA', this.doorman);
    return this.identity('legal', issue(name, 'LEGAL_IDENTITY', nodeCa, { key: generateKeyPair(scheme) }), nodeCa);
  }

  service(name: string): SigningIdentity {
    return this.identity('service', issue(name, 'SERVICE_IDENTITY', this.doorman));
  }

  /** Has the composite key of a sample, as its parts do not matter here. */
  composite(name: string, role: 'legal' | 'service' = 'service'): SigningIdentity {
    const hex = expected.nodes
      .flatMap(({ identities }) => identities)
      .find(({ keyScheme }) => keyScheme === 'COMPOSITE');
    const key = { ...generateKeyPair('ed25519'), publicKey: Buffer.from(hex?.keyEncodedHex ?? '', 'hex') };
    const above = role === 'legal' ? issue(name, 'NODE_CA', this.doorman) : undefined;
    const holder = issue(name, role === 'legal' ? 'LEGAL_IDENTITY' : 'SERVICE_IDENTITY', above ?? this.doorman, {
      key,
    });
    const { certificates } = this.identity(role, holder, ...(above === undefined ? [] : [above]));
    return { role, certificates };
  }

  identity(role: 'legal' | 'service', own: Holder, ...between: Holder[]): SigningIdentity {
    const above = [...between, this.doorman, this.root].map(({ certificate }) => certificate);
    return { role, certificates: [own.certificate, ...above], privateKey: own.privateKey };
  }

  content(identities: readonly SigningIdentity[], rest: Partial<NodeInfoContent> = {}): NodeInfoContent {
    return { addresses: [{ host: 'node.example', port: 10_002 }], platformVersion: 4, serial: 7n, identities, ...rest };
  }
}
