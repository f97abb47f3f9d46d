import { createHash } from 'node:crypto';
import { messageOf } from '../lib/errors';
import { CertificateError } from './certificate-error';
import {
  contextTag,
  DerError,
  expectTag,
  readBitString,
  readCount,
  readDer,
  readOid,
  readTime,
  sequenceOf,
  Tag,
} from './der';
import type { DerValue } from './der';
import * as extensions from './extensions';
import type { BasicConstraints, Extension, KeyUsage, NameConstraints } from './extensions';
import { ExtensionOid } from './extensions';
import { encodePem } from './pem';
import { X500Name } from './x500-name';
import { X500NameError } from './x500-name-error';

const LARGEST = 65_536;
const UNDERSTOOD: ReadonlySet<string> = new Set(Object.values(ExtensionOid));

/** One X.509 certificate, read and immutable. Nothing of it is verified: that is what chains are for. */
export class Certificate {
  readonly subject: X500Name;
  readonly issuer: X500Name;
  /** Lower-case hexadecimal, without leading zeros. */
  readonly serial: string;
  /** Milliseconds since the epoch; valid at both ends. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** Object identifier of the algorithm, the bytes that are signed, and the signature over them. */
  readonly signatureAlgorithm: string;
  readonly signedBytes: Uint8Array;
  readonly signature: Uint8Array;
  readonly basicConstraints: BasicConstraints | undefined;
  /** Undefined: not limited. */
  readonly keyUsage: readonly KeyUsage[] | undefined;
  /** Object identifiers (`Purpose` names the usual ones); undefined: not limited. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  readonly nameConstraints: NameConstraints | undefined;
  /** The directory names among the alternative names of the subject. */
  readonly alternativeNames: readonly X500Name[];
  readonly netscapeComment: string | undefined;
  /** The number in Corda's role extension. */
  readonly cordaRole: number | undefined;
  /** Object identifiers of critical extensions that are not understood here. */
  readonly unknownCritical: readonly string[];

  private constructor(readonly der: Uint8Array) {
    const [body, algorithm, signature] = sequenceOf(readDer(der), 'the certificate');
    const fields = sequenceOf(body, 'the body of the certificate');
    if (fields[0]?.tag === contextTag(0, true)) fields.shift();
    const [serial, innerAlgorithm, issuer, validity, subject, spki, ...optional] = fields;
    this.signedBytes = expectTag(body, Tag.sequence, 'the body of the certificate').bytes;
    this.signature = readBitString(signature, 'the signature');
    this.signatureAlgorithm = readOid(sequenceOf(algorithm, 'the algorithm')[0], 'the algorithm');
    if (!sameBytes(algorithm, innerAlgorithm))
      throw new DerError('its two statements of the signature algorithm differ');
    this.serial = Buffer.from(expectTag(serial, Tag.integer, 'the serial number').content)
      .toString('hex')
      .replace(/^0+(?=.)/, '');
    this.issuer = X500Name.fromDer(expectTag(issuer, Tag.sequence, 'the issuer').bytes);
    this.subject = X500Name.fromDer(expectTag(subject, Tag.sequence, 'the subject').bytes);
    const [from, to] = sequenceOf(validity, 'the validity');
    this.notBefore = readTime(from, 'the start of validity');
    this.notAfter = readTime(to, 'the end of validity');
    this.publicKey = expectTag(spki, Tag.sequence, 'the public key').bytes;

    const wrapper = optional.find((field) => field.tag === contextTag(3, true));
    const found = extensions.readExtensions(wrapper && readDer(wrapper.content));
    const read = <T>(oid: string, reader: (extension: Extension) => T): T | undefined => {
      const extension = found.get(oid);
      return extension && reader(extension);
    };
    this.basicConstraints = read(ExtensionOid.basicConstraints, extensions.readBasicConstraints);
    this.keyUsage = read(ExtensionOid.keyUsage, extensions.readKeyUsage);
    this.extendedKeyUsage = read(ExtensionOid.extendedKeyUsage, extensions.readExtendedKeyUsage);
    this.nameConstraints = read(ExtensionOid.nameConstraints, extensions.readNameConstraints);
    this.alternativeNames = read(ExtensionOid.subjectAltName, extensions.readAlternativeNames) ?? [];
    this.netscapeComment = read(ExtensionOid.netscapeComment, ({ value }) =>
      Buffer.from(expectTag(readDer(value), Tag.ia5String, 'the comment').content).toString('latin1'),
    );
    this.cordaRole = read(ExtensionOid.cordaRole, ({ value }) => readCount(readDer(value), 'the Corda role'));
    this.unknownCritical = [...found.values()]
      .filter(({ oid, critical }) => critical && !UNDERSTOOD.has(oid))
      .map(({ oid }) => oid);
  }

  /** Throws CertificateError. */
  static fromDer(der: Uint8Array): Certificate {
    if (der.length > LARGEST)
      throw new CertificateError(
        'CERTIFICATE_TOO_LARGE',
        `a certificate has ${der.length} bytes, more than ${LARGEST}`,
      );
    try {
      // A Buffer's own slice would share its memory, and with that of a pool keep kilobytes alive for each certificate.
      return new Certificate(new Uint8Array(der));
    } catch (cause) {
      if (!(cause instanceof DerError || cause instanceof X500NameError)) throw cause;
      throw new CertificateError('CERTIFICATE_INVALID', `the bytes are not a certificate: ${cause.message}`, { cause });
    }
  }

  /** SHA-256 of the DER in lower-case hexadecimal. */
  get fingerprint(): string {
    return createHash('sha256').update(this.der).digest('hex');
  }

  get isCa(): boolean {
    return this.basicConstraints?.ca === true;
  }

  /** Subject and issuer are the same name; says nothing about keys. */
  get isSelfIssued(): boolean {
    return this.subject.matches(this.issuer);
  }

  equals(other: Certificate): boolean {
    return Buffer.compare(this.der, other.der) === 0;
  }

  /** The certificate as a PEM block with a newline at its end. */
  pem(): string {
    return encodePem('CERTIFICATE', this.der);
  }
}

function sameBytes(a: DerValue | undefined, b: DerValue | undefined): boolean {
  return a !== undefined && b !== undefined && Buffer.compare(a.bytes, b.bytes) === 0;
}

const BLOCK = /-----BEGIN (?:X509 )?CERTIFICATE-----([^-]*)(-----END (?:X509 )?CERTIFICATE-----)?/g;

/**
 * Every certificate of a PEM text, in its order; text around the blocks and blocks of other kinds are skipped. Throws
 * CertificateError, also when there is none.
 */
export function parseCertificates(pem: string): Certificate[] {
  const found = [...pem.matchAll(BLOCK)].map(([, body = '', end], index) => readBlock(body, end, index + 1));
  if (found.length > 0) return found;
  throw new CertificateError('CERTIFICATE_PEM', 'the text holds no certificate', {
    remedy: 'give PEM: blocks that begin with -----BEGIN CERTIFICATE-----',
  });
}

function readBlock(body: string, end: string | undefined, number: number): Certificate {
  const base64 = body.replace(/\s+/g, '');
  if (end === undefined || base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) {
    throw new CertificateError('CERTIFICATE_PEM', `certificate ${number} of the text is damaged or cut off`, {
      remedy: 'copy the whole block again, from its BEGIN to its END line',
    });
  }
  try {
    return Certificate.fromDer(Buffer.from(base64, 'base64'));
  } catch (cause) {
    if (!(cause instanceof CertificateError)) throw cause;
    throw new CertificateError(cause.code, `certificate ${number} of the text: ${messageOf(cause)}`, { cause });
  }
}
