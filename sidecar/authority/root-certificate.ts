import type { Certificate } from '../certificates/certificate';
import { AuthorityError } from './authority-error';
import type { BundleErrorCode } from './authority-error';
import {
  caFault,
  isSignedBy,
  rootKeyFault,
  signingUsageFault,
  subjectKeyIdentifierFault,
  unknownCriticalFault,
  validityFault,
} from './certificate-fields';
import { agentId, readSubject } from './node-name';
import type { NodeName } from './node-name';
import { oneCertificate } from './pem-file';

/** A node's root: what it says, and the certificate itself. */
export interface Root extends NodeName {
  readonly certificate: Certificate;
}

/**
 * Reads and verifies a node's self-signed root (PEM), without its dates where `at` is left out; `where` names the file
 * in errors. Throws AuthorityError with the BUNDLE_ROOT_… code of the check that failed.
 */
export function readRoot(pem: string, where: string, at?: number): Root {
  const refuse = (code: BundleErrorCode, why: string, cause?: unknown): AuthorityError =>
    new AuthorityError(code, `${where}: ${why}`, {
      remedy: 'ask the node that it belongs to for a correct one',
      cause,
    });
  const certificate = oneCertificate(pem, (why, cause) => refuse('BUNDLE_ROOT_INVALID', why, cause));
  const check = (code: BundleErrorCode, fault: string | undefined): void => {
    if (fault !== undefined) throw refuse(code, fault);
  };
  const name = readSubject(certificate.subject);
  if (name === undefined)
    throw refuse('BUNDLE_ROOT_SUBJECT', `${certificate.subject.toRfc4514()} is not a node's name`);
  check('BUNDLE_ROOT_KEY', rootKeyFault(certificate.publicKey));
  const isSelfIssued = certificate.subject.matches(certificate.issuer);
  check('BUNDLE_ROOT_NOT_SELF_ISSUED', isSelfIssued ? undefined : 'its issuer is not its subject');
  const isSigned = isSignedBy(certificate, certificate.publicKey);
  check('BUNDLE_ROOT_SIGNATURE', isSigned ? undefined : 'it was not signed with its own key (SHA-256 with RSA)');
  const isOwnId = name.nodeType === 'accounting-authority' || name.id === agentId(certificate.publicKey);
  check('BUNDLE_ROOT_ID', isOwnId ? undefined : `the ID ${name.id} is not made from its key`);
  check('BUNDLE_ROOT_CA', caFault(certificate));
  const { pathLength = 1 } = certificate.basicConstraints ?? {};
  check('BUNDLE_ROOT_PATH_LENGTH', pathLength >= 1 ? undefined : 'its path length allows no CA below it');
  check('BUNDLE_ROOT_KEY_USAGE', signingUsageFault(certificate));
  check('BUNDLE_ROOT_EXTENSION', subjectKeyIdentifierFault(certificate) ?? extensionFault(certificate));
  if (at !== undefined) check('BUNDLE_ROOT_VALIDITY', validityFault(certificate, at));
  return { ...name, certificate };
}

function extensionFault(certificate: Certificate): string | undefined {
  // A root says whom to trust; readers differ in whether they obey constraints on it.
  return certificate.nameConstraints === undefined
    ? unknownCriticalFault(certificate)
    : 'it has name constraints, which a root should not have';
}
