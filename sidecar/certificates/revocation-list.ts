import { messageOf } from '../lib/errors';
import type { Certificate } from './certificate';
import {
  children,
  contextTag,
  DerError,
  expectTag,
  readBitString,
  readDer,
  readOid,
  readTime,
  sequenceOf,
  Tag,
  type DerValue,
} from './der';
import { readExtensions } from './extensions';
import { KeyError } from './key-error';
import { verifySignature } from './keys';
import { RevocationError } from './revocation-error';
import { X500Name } from './x500-name';
import { X500NameError } from './x500-name-error';

/** Object identifiers of extensions of a list that change nothing about whom it revokes. */
const HARMLESS: ReadonlySet<string> = new Set(['2.5.29.20', '2.5.29.35']);

/** One X.509 certificate revocation list, read and immutable. Its signature is verified by `isBy` only. */
export class RevocationList {
  readonly issuer: X500Name;
  /** Milliseconds since the epoch. */
  readonly thisUpdate: number;
  /** When there is a newer one at the latest; undefined where the issuer does not say. */
  readonly nextUpdate: number | undefined;
  /** Serial numbers in lower-case hexadecimal, without leading zeros. */
  readonly serials: ReadonlySet<string>;
  private readonly signatureAlgorithm: string;
  private readonly signedBytes: Uint8Array;
  private readonly signature: Uint8Array;

  private constructor(der: Uint8Array) {
    const [body, algorithm, signature] = sequenceOf(readDer(der), 'the list');
    const fields = sequenceOf(body, 'the body of the list');
    if (fields[0]?.tag === Tag.integer) fields.shift();
    const [, issuer, thisUpdate, ...rest] = fields;
    this.signedBytes = expectTag(body, Tag.sequence, 'the body of the list').bytes;
    this.signature = readBitString(signature, 'the signature');
    this.signatureAlgorithm = readOid(sequenceOf(algorithm, 'the algorithm')[0], 'the algorithm');
    this.issuer = X500Name.fromDer(expectTag(issuer, Tag.sequence, 'the issuer').bytes);
    this.thisUpdate = readTime(thisUpdate, 'the time of the list');
    const isTime = rest[0]?.tag === Tag.utcTime || rest[0]?.tag === Tag.generalizedTime;
    this.nextUpdate = isTime ? readTime(rest.shift(), 'the time of the next list') : undefined;
    const entries = rest[0]?.tag === Tag.sequence ? children(rest[0]) : [];
    this.serials = new Set(entries.map(readEntry));
    const wrapper = rest.find(({ tag }) => tag === contextTag(0, true));
    checkExtensions(wrapper && readDer(wrapper.content), 'the list');
  }

  /** Throws RevocationError REVOCATION_LIST_INVALID, also for a list that states only a part of what is revoked. */
  static fromDer(der: Uint8Array): RevocationList {
    try {
      return new RevocationList(new Uint8Array(der));
    } catch (cause) {
      if (!(cause instanceof DerError || cause instanceof X500NameError)) throw cause;
      throw new RevocationError('REVOCATION_LIST_INVALID', `the bytes are no revocation list: ${messageOf(cause)}`, {
        remedy: 'give an X.509 revocation list, DER or PEM, that is complete in itself',
        cause,
      });
    }
  }

  /** DER, or one PEM block. Throws RevocationError. */
  static parse(bytes: Uint8Array): RevocationList {
    if (bytes[0] === Tag.sequence) return RevocationList.fromDer(bytes);
    const [, body] = PEM.exec(Buffer.from(bytes).toString('latin1')) ?? [];
    return RevocationList.fromDer(Buffer.from(body ?? '', 'base64'));
  }

  /** Whether the CA has signed it, and may. */
  isBy(ca: Certificate): boolean {
    if (!ca.isCa || !ca.subject.matches(this.issuer) || ca.keyUsage?.includes('cRLSign') === false) return false;
    try {
      return verifySignature(ca.publicKey, this.signatureAlgorithm, this.signedBytes, this.signature);
    } catch (error) {
      if (error instanceof KeyError) return false;
      throw error;
    }
  }

  revokes({ issuer, serial }: Pick<Certificate, 'issuer' | 'serial'>): boolean {
    return this.serials.has(serial) && issuer.matches(this.issuer);
  }

  /** Whether a newer one should be there by now. */
  isStale(at: number): boolean {
    return this.nextUpdate !== undefined && at > this.nextUpdate;
  }
}

const PEM = /-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]+)-----END X509 CRL-----/;

function readEntry(entry: DerValue): string {
  const [serial, , extensions] = sequenceOf(entry, 'an entry');
  checkExtensions(extensions, 'an entry');
  return Buffer.from(expectTag(serial, Tag.integer, 'the serial number').content)
    .toString('hex')
    .replace(/^0+(?=.)/, '');
}

/** What is critical and not understood may mean that the list says something else than it seems to. */
function checkExtensions(extensions: DerValue | undefined, where: string): void {
  for (const { oid, critical } of readExtensions(extensions).values())
    if (critical && !HARMLESS.has(oid)) throw new DerError(`${where} has the critical extension ${oid}`);
}
