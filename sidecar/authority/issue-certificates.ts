import { randomBytes } from 'node:crypto';
import type { Certificate } from '../certificates/certificate';
import { Purpose } from '../certificates/extensions';
import { generateKeyPair, issueCertificate } from '../certificates/issue';
import type { KeyPair } from '../certificates/issue';
import type { Clock } from '../lib/clock';
import { subjectOf } from './node-name';
import type { NodeName } from './node-name';
import type { Root } from './root-certificate';
import type { RootKey } from './root-key';

/** What an authority has of the world; tests pass their own, as RSA keys take long to make. */
export interface AuthorityTools {
  readonly clock: Clock;
  /** RSA with 3072 bits. */
  readonly generateKey: () => KeyPair;
  readonly randomBytes: (count: number) => Uint8Array;
}

export const systemTools = (clock: Clock): AuthorityTools => ({
  clock,
  generateKey: () => generateKeyPair('rsa'),
  randomBytes: (count) => randomBytes(count),
});

const DAY_MS = 86_400_000;
/** Roots and peer certificates last for about a thousand years: peers keep what they were given. */
const LONG_DAYS = 365_000;

/** `days` from now on, in milliseconds since the epoch. */
const validFor = (at: number, days: number): { notBefore: number; notAfter: number } => ({
  notBefore: at,
  notAfter: at + days * DAY_MS,
});

export interface Serial {
  readonly serial: bigint;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A node's self-signed root. */
export function issueRoot(name: NodeName, pair: KeyPair, { serial, at }: Serial): Certificate {
  return issueCertificate({
    subject: subjectOf(name),
    subjectKey: pair.publicKey,
    issuer: { privateKey: pair.privateKey },
    validity: validFor(at, LONG_DAYS),
    serial,
    ca: true,
    pathLength: 1,
    keyUsage: ['keyCertSign', 'cRLSign'],
  });
}

/** A certificate for the node's own servers, which are clients of others as well: with the subject of the root. */
export function issueServer(key: RootKey, publicKey: Uint8Array, days: number, { serial, at }: Serial): Certificate {
  const { certificate } = key.root;
  return issueCertificate({
    subject: certificate.subject,
    subjectKey: publicKey,
    issuer: { privateKey: key.pair.privateKey, certificate },
    validity: validFor(at, days),
    serial,
    ca: false,
    keyUsage: ['digitalSignature', 'keyEncipherment'],
    extendedKeyUsage: [Purpose.clientAuth, Purpose.serverAuth],
  });
}

/**
 * A peer certificate: the peer's own name and key, signed by us, good for that name alone. `subnet` is what an accounting
 * authority allots to the peer; agents allot nothing.
 */
export function issuePeer(key: RootKey, peer: Root, subnet: string | undefined, { serial, at }: Serial): Certificate {
  const { subject, publicKey } = peer.certificate;
  return issueCertificate({
    subject,
    subjectKey: publicKey,
    issuer: { privateKey: key.pair.privateKey, certificate: key.root.certificate },
    validity: validFor(at, LONG_DAYS),
    serial,
    ca: true,
    pathLength: 0,
    keyUsage: ['keyCertSign', 'cRLSign'],
    nameConstraints: { permitted: [subject] },
    netscapeComment: subnet === undefined ? '' : `Subnet: ${subnet}`,
  });
}
