import { Purpose } from '../certificates/extensions';
import { generateKeyPair, issueCertificate, type CertificateRequest } from '../certificates/issue';
import type { SigningScheme } from '../certificates/keys';
import { X500Name } from '../certificates/x500-name';
import type { Credential } from './credential';

export interface IssueSettings {
  /** Of each certificate, milliseconds since the epoch. */
  readonly validity: { readonly notBefore: number; readonly notAfter: number };
  /** Fresh random bytes, for serial numbers, salts and passwords. Keys come from the system's own source. */
  readonly random: (bytes: number) => Uint8Array;
}

/** Root and doorman: who decides who belongs to a network. */
export interface Authority {
  readonly root: Credential;
  readonly doorman: Credential;
}

/** What a certificate says besides its key, its issuer, its validity and its serial number. */
export type Statement = Omit<CertificateRequest, 'subjectKey' | 'issuer' | 'validity' | 'serial'>;

const ROOT_NAME = X500Name.parse('CN=Root CA, O=Development Network, L=London, C=GB');
const DOORMAN_NAME = X500Name.parse('CN=Doorman CA, O=Development Network, L=London, C=GB');
const CA: Pick<Statement, 'ca' | 'keyUsage'> = { ca: true, keyUsage: ['digitalSignature', 'keyCertSign', 'cRLSign'] };
/** Identities are CAs: they issue the confidential identities of Corda. */
const IDENTITY: Pick<Statement, 'ca' | 'keyUsage'> = { ca: true, keyUsage: ['digitalSignature', 'keyCertSign'] };

/** A new root and the doorman below it, with keys of their own. */
export function issueAuthority(settings: IssueSettings): Authority {
  const root = issue(undefined, { subject: ROOT_NAME, ...CA }, settings);
  return { root, doorman: issue(root, { subject: DOORMAN_NAME, ...CA, cordaRole: 'DOORMAN_CA' }, settings) };
}

/** The CA of one node, confined to its own name. */
export function issueNodeCa(doorman: Credential, subject: X500Name, settings: IssueSettings): Credential {
  const statement: Statement = { subject, ...CA, nameConstraints: { permitted: [subject] }, cordaRole: 'NODE_CA' };
  return issue(doorman, statement, settings);
}

/** What a node's TLS certificate says, for client and server. */
export function tlsStatement(subject: X500Name): Statement {
  return {
    subject,
    keyUsage: ['digitalSignature', 'keyEncipherment', 'keyAgreement'],
    extendedKeyUsage: [Purpose.serverAuth, Purpose.clientAuth],
    cordaRole: 'TLS',
  };
}

export function issueTls(nodeCa: Credential, settings: IssueSettings): Credential {
  return issue(nodeCa, tlsStatement(nodeCa.chain[0].subject), settings);
}

/** The legal identity of the node whose CA this is. */
export function issueIdentity(nodeCa: Credential, scheme: SigningScheme, settings: IssueSettings): Credential {
  return issue(
    nodeCa,
    { subject: nodeCa.chain[0].subject, ...IDENTITY, cordaRole: 'LEGAL_IDENTITY' },
    settings,
    scheme,
  );
}

/** The identity of a service, which the network itself vouches for; several nodes may hold its key. */
export function issueService(doorman: Credential, subject: X500Name, settings: IssueSettings): Credential {
  const statement: Statement = { subject, keyUsage: ['digitalSignature'], cordaRole: 'SERVICE_IDENTITY' };
  return issue(doorman, statement, settings, 'ed25519');
}

/** A new key with a certificate that says what is wanted, sensible or not; self-signed without an issuer. */
export function issue(
  issuer: Credential | undefined,
  statement: Statement,
  settings: IssueSettings,
  scheme: SigningScheme = 'p256',
): Credential {
  const { publicKey, privateKey } = generateKeyPair(scheme);
  const certificate = issueCertificate({
    ...statement,
    subjectKey: publicKey,
    issuer: issuer === undefined ? { privateKey } : { privateKey: issuer.privateKey, certificate: issuer.chain[0] },
    validity: settings.validity,
    serial: serialNumber(settings),
  });
  return { privateKey, chain: [certificate, ...(issuer?.chain ?? [])] };
}

/** 127 bits, positive and never zero. */
function serialNumber({ random }: IssueSettings): bigint {
  const value = BigInt(`0x${Buffer.from(random(16)).toString('hex')}`);
  return (value >> 1n) | 1n;
}
