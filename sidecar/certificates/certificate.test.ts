import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { Certificate, parseCertificates } from './certificate';
import { CertificateError } from './certificate-error';
import { contextTag, readDer, sequenceOf, Tag } from './der';
import { der, derBits, derBoolean, derExplicit, derInteger, derOctets, derOid, derSequence } from './der-writer';
import { Purpose } from './extensions';
import { generateKeyPair, issueCertificate } from './issue';
import { X500Name } from './x500-name';

const fixture = (path: string): string => readFileSync(join(__dirname, '../../test/fixtures/corda', path), 'utf8');
const [tls, nodeCa] = parseCertificates(fixture('nodes/carol/certificates/tls-chain.pem')) as [
  Certificate,
  Certificate,
];
const withCode = (code: string): Error => expect.objectContaining({ code }) as Error;

const key = generateKeyPair('p256');
const subject = X500Name.parse('O=Peer, C=GB');
const base = {
  subject,
  subjectKey: key.publicKey,
  issuer: { privateKey: key.privateKey },
  validity: { notBefore: Date.parse('2026-01-01T00:00:00Z'), notAfter: Date.parse('3026-01-01T00:00:00Z') },
  serial: 0x0a_bcden,
};

/** A certificate with an extension of the caller's; its signature is not good. */
function withExtension(oid: string, value: Uint8Array, critical = true): Certificate {
  const [body, algorithm, signature] = sequenceOf(readDer(issueCertificate(base).der), '');
  const fields = sequenceOf(body, '').slice(0, -1);
  const extra = derSequence(derOid(oid), derBoolean(critical), derOctets(value));
  const bytes = [...fields.map((field) => field.bytes), derExplicit(3, derSequence(extra))];
  return Certificate.fromDer(
    derSequence(derSequence(...bytes), algorithm?.bytes ?? derSequence(), signature?.bytes ?? derSequence()),
  );
}

describe('Certificate', () => {
  it("reads a node's TLS certificate and its CA", () => {
    expect(tls.subject.toCorda()).toBe(
      'CN=carol-node, OU=Treasury & Markets, O=Carol Söhne GmbH, L=München, ST=Bavaria, C=DE',
    );
    expect(tls).toMatchObject({
      serial: '6a33732e4d539de2e7ff19987d706d25',
      notBefore: Date.parse('2026-11-21T00:00:00Z'),
      notAfter: Date.parse('2027-05-20T00:00:00Z'),
      basicConstraints: { ca: false, pathLength: undefined },
      keyUsage: ['digitalSignature', 'keyEncipherment', 'keyAgreement'],
      extendedKeyUsage: [Purpose.serverAuth, Purpose.clientAuth],
      cordaRole: 5,
      fingerprint: '9fe7b9d35b3fc91170bf3b71b24e6aeb6be4f32d489cf29ea68cf574144f105e',
      unknownCritical: [],
      isCa: false,
      isSelfIssued: true,
    });
    expect(nodeCa.isCa).toBe(true);
    expect(nodeCa.nameConstraints?.critical).toBe(true);
    expect(nodeCa.nameConstraints?.permitted.map((name) => name.toCorda())).toEqual([tls.subject.toCorda()]);
    expect(nodeCa.isSelfIssued).toBe(false);
  });

  it('agrees with OpenSSL', () => {
    for (const one of [tls, nodeCa, issueCertificate(base)]) {
      const other = new X509Certificate(one.pem());
      expect(other.serialNumber.toLowerCase()).toBe(one.serial.padStart(other.serialNumber.length, '0'));
      expect(new Date(other.validTo).getTime()).toBe(one.notAfter);
      expect(other.publicKey.export({ format: 'der', type: 'spki' })).toEqual(Buffer.from(one.publicKey));
      expect(other.ca).toBe(one.isCa);
    }
  });

  it('finds the certificates of a PEM text among other things', () => {
    const text = `Certificate:\n    Data: -----\n${tls.pem()}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n${nodeCa.pem().replaceAll('\n', '\r\n')}`;
    expect(parseCertificates(text).map((one) => one.fingerprint)).toEqual([tls.fingerprint, nodeCa.fingerprint]);
  });

  it.each([
    ['no certificate', 'hello', 'CERTIFICATE_PEM'],
    ['a block cut off', tls.pem().slice(0, 300), 'CERTIFICATE_PEM'],
    ['a damaged letter', tls.pem().replace('MII', 'M*I'), 'CERTIFICATE_PEM'],
    ['a line left out', tls.pem().replace(/\n.{64}\n/, '\n'), 'CERTIFICATE_INVALID'],
    [
      'a block of something else',
      '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n',
      'CERTIFICATE_INVALID',
    ],
  ])('refuses a text with %s', (_, text, code) => {
    expect(() => parseCertificates(text)).toThrow(withCode(code));
  });

  it('tells which certificate of a text is wrong', () => {
    expect(() => parseCertificates(`${tls.pem()}-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----`)).toThrow(
      'certificate 2 of the text',
    );
  });

  it('refuses one that is too large', () => {
    expect(() => Certificate.fromDer(new Uint8Array(70_000))).toThrow(withCode('CERTIFICATE_TOO_LARGE'));
  });

  it('reads what was issued: path length, comment, constraints', () => {
    const one = issueCertificate({
      ...base,
      ca: true,
      pathLength: 0,
      netscapeComment: 'Subnet: 000001',
      nameConstraints: { permitted: [subject], excluded: [X500Name.parse('CN=x, O=Peer, C=GB')] },
    });
    expect(one).toMatchObject({
      basicConstraints: { ca: true, pathLength: 0 },
      netscapeComment: 'Subnet: 000001',
      serial: 'abcde',
    });
    expect(one.notAfter).toBe(base.validity.notAfter);
    expect(one.nameConstraints?.excluded.map(String)).toEqual(['CN=x,O=Peer,C=GB']);
    expect(issueCertificate({ ...base, netscapeComment: '' }).netscapeComment).toBe('');
  });

  it('names what it cannot judge', () => {
    expect(withExtension('1.2.3.4', derInteger(1)).unknownCritical).toEqual(['1.2.3.4']);
    expect(withExtension('1.2.3.4', derInteger(1), false).unknownCritical).toEqual([]);
    const dns = derSequence(
      der(contextTag(0, true), derSequence(der(contextTag(2, false), Buffer.from('example.org')))),
    );
    expect(withExtension('2.5.29.30', dns).nameConstraints).toMatchObject({ permitted: [], unsupported: ['dNSName'] });
    const distance = derSequence(
      der(contextTag(0, true), derSequence(derExplicit(4, subject.toDer()), der(contextTag(0, false), Buffer.of(1)))),
    );
    expect(withExtension('2.5.29.30', distance).nameConstraints?.unsupported).toEqual(['minimum or maximum distance']);
    const alternative = derSequence(
      der(contextTag(2, false), Buffer.from('a.example')),
      derExplicit(4, subject.toDer()),
    );
    expect(withExtension('2.5.29.17', alternative).alternativeNames.map(String)).toEqual(['O=Peer,C=GB']);
  });

  it.each<[string, string, Uint8Array]>([
    ['basic constraints', '2.5.29.19', derInteger(1)],
    ['a negative path length', '2.5.29.19', derSequence(derBoolean(true), der(Tag.integer, Buffer.of(0xff)))],
    ['key usage', '2.5.29.15', Buffer.from('030109', 'hex')],
    ['name constraints', '2.5.29.30', derSequence(der(contextTag(0, true), derSequence()))],
    ['a Corda role', '1.3.6.1.4.1.50530.1.1', derBits(Buffer.of(1))],
  ])('refuses damaged %s', (_, oid, value) => {
    expect(() => withExtension(oid, value)).toThrow(withCode('CERTIFICATE_INVALID'));
  });

  it('refuses an extension that is there twice, and two statements of the algorithm that differ', () => {
    const [body, algorithm, signature] = sequenceOf(readDer(tls.der), '').map((part) => part.bytes) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    expect(() => Certificate.fromDer(derSequence(body, derSequence(derOid('1.3.101.112')), signature))).toThrow(
      'differ',
    );
    const fields = sequenceOf(readDer(body), '').map((field) => field.bytes);
    const one = derSequence(derOid('1.2.3.4'), derOctets(derInteger(1)));
    const twice = derSequence(...fields.slice(0, -1), derExplicit(3, derSequence(one, one)));
    expect(() => Certificate.fromDer(derSequence(twice, algorithm, signature))).toThrow('is there twice');
  });

  it('answers any change of a byte with a certificate or a CertificateError', () => {
    fc.assert(
      fc.property(fc.nat(nodeCa.der.length - 1), fc.nat(255), (at, octet) => {
        const bytes = nodeCa.der.slice();
        bytes[at] = octet;
        try {
          Certificate.fromDer(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(CertificateError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

test('keeps bytes of its own, whatever becomes of the memory that it was read from', () => {
  const pooled = Buffer.from(tls.der);
  const read = Certificate.fromDer(pooled);
  pooled.fill(0);
  expect(read.equals(tls)).toBe(true);
  expect(read.publicKey.buffer.byteLength).toBe(tls.der.length);
});

test('a name keeps bytes of its own', () => {
  const pooled = Buffer.from(tls.subject.toDer());
  const read = X500Name.fromDer(pooled);
  pooled.fill(0);
  expect(Buffer.compare(read.toDer(), tls.subject.toDer())).toBe(0);
});
