import type { Certificate } from '../certificates/certificate';
import type { X500Name } from '../certificates/x500-name';
import type { NodeType } from '../network/swaptacular-node';
import { AuthorityError } from './authority-error';
import type { PeerCertificateErrorCode } from './authority-error';
import {
  authorityKeyIdentifierFault,
  caFault,
  isSignedBy,
  signingUsageFault,
  subjectKeyIdentifierFault,
  unknownCriticalFault,
  validityFault,
} from './certificate-fields';
import { oneCertificate } from './pem-file';
import type { Root } from './root-certificate';

/** A peer certificate that was verified. */
export interface PeerCertificate {
  readonly certificate: Certificate;
  /** What an accounting authority allots to the peer, in hexadecimal digits; agents allot nothing. */
  readonly subnet: string | undefined;
}

export interface PeerCertificateParties {
  /** Whose root signed it. */
  readonly issuer: Root;
  /** Whose name and key it is for. */
  readonly subject: Root;
  /** Milliseconds since the epoch; its dates are not looked at without. */
  readonly at?: number;
}

/**
 * Reads and verifies a peer certificate (PEM) between two roots; `where` names the file in errors. Throws
 * AuthorityError with the PEER_CERTIFICATE_… code of the check that failed.
 */
export function readPeerCertificate(pem: string, where: string, parties: PeerCertificateParties): PeerCertificate {
  const { issuer, subject, at } = parties;
  const refuse = (code: PeerCertificateErrorCode, why: string, cause?: unknown): AuthorityError =>
    new AuthorityError(code, `${where}: ${why}`, { remedy: 'ask who issued it for a correct one', cause });
  const certificate = oneCertificate(pem, (why, cause) => refuse('PEER_CERTIFICATE_INVALID', why, cause));
  const check = (code: PeerCertificateErrorCode, fault: string | false | undefined): void => {
    if (typeof fault === 'string') throw refuse(code, fault);
  };
  const isFrom = sameName(certificate.issuer, issuer.certificate.subject);
  check('PEER_CERTIFICATE_ISSUER', !isFrom && `its issuer is ${certificate.issuer.toRfc4514()}, not ${issuer.id}`);
  const isFor = sameName(certificate.subject, subject.certificate.subject);
  check('PEER_CERTIFICATE_SUBJECT', !isFor && `its subject is ${certificate.subject.toRfc4514()}, not ${subject.id}`);
  const isKey = Buffer.compare(certificate.publicKey, subject.certificate.publicKey) === 0;
  check('PEER_CERTIFICATE_KEY', !isKey && `its key is not that of the root of ${subject.id}`);
  const isSigned = isSignedBy(certificate, issuer.certificate.publicKey);
  check('PEER_CERTIFICATE_SIGNATURE', !isSigned && `it was not signed with the root key of ${issuer.id}`);
  check('PEER_CERTIFICATE_CA', caFault(certificate));
  check('PEER_CERTIFICATE_KEY_USAGE', signingUsageFault(certificate));
  check('PEER_CERTIFICATE_NAME_CONSTRAINTS', nameConstraintsFault(certificate));
  const identifiers =
    subjectKeyIdentifierFault(certificate) ?? authorityKeyIdentifierFault(certificate, issuer.certificate.publicKey);
  check('PEER_CERTIFICATE_EXTENSION', identifiers ?? unknownCriticalFault(certificate));
  if (at !== undefined) check('PEER_CERTIFICATE_VALIDITY', validityFault(certificate, at));
  if (issuer.nodeType !== 'accounting-authority') return { certificate, subnet: undefined };
  const subnet = subnetOf(certificate.netscapeComment, subject.nodeType, issuer.id);
  if (subnet !== undefined) return { certificate, subnet };
  const comment = JSON.stringify(certificate.netscapeComment ?? null);
  throw refuse('PEER_CERTIFICATE_SUBNET', `its comment ${comment} gives no subnet for ${subject.nodeType}s`);
}

/** To the byte: readers that compare spellings must come to the same result. */
const sameName = (a: X500Name, b: X500Name): boolean => Buffer.compare(a.toDer(), b.toDer()) === 0;

function nameConstraintsFault({ nameConstraints, subject }: Certificate): string | undefined {
  if (nameConstraints === undefined) return 'it has no name constraints';
  const { critical, permitted, excluded, unsupported } = nameConstraints;
  if (!critical) return 'its name constraints are not critical';
  if (unsupported.length > 0) return `its name constraints are of other forms, too: ${unsupported.join(', ')}`;
  if (permitted.length === 0) return 'its name constraints permit every name';
  // Certificates below must keep O, OU and serialNumber: no less than the whole subject does that.
  if (permitted.some((name) => !name.matches(subject))) return 'its name constraints permit another name';
  return excluded.some((name) => subject.isWithin(name)) ? 'its name constraints bar its own subject' : undefined;
}

/** What the comment allots, or undefined where it does not have the form that the receiver's type asks for. */
function subnetOf(comment: string | undefined, receiver: NodeType, issuerId: string): string | undefined {
  const subnet = /^Subnet: ([a-f0-9]{6,16})$/.exec(comment ?? '')?.[1];
  return subnet !== undefined && isSubnetFor(subnet, receiver, issuerId) ? subnet : undefined;
}

/**
 * Whether these leading digits may be allotted by an accounting authority: 6 to a creditors agent, and to a debtors agent
 * 8 to 16 that begin with the ID of the authority.
 */
export function isSubnetFor(subnet: string, receiver: NodeType, issuerId: string): boolean {
  if (receiver === 'creditors-agent') return /^[0-9a-f]{6}$/.test(subnet);
  return receiver === 'debtors-agent' && /^[0-9a-f]{8,16}$/.test(subnet) && subnet.startsWith(issuerId);
}
