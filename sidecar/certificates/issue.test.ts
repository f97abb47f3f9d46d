import { X509Certificate } from 'node:crypto';
import { CertificateError } from './certificate-error';
import { cordaShape } from './corda-shapes';
import { generateKeyPair, issueCertificate } from './issue';
import type { CertificateRequest } from './issue';
import { KeyError } from './key-error';
import type { SigningScheme } from './keys';
import { X500Name } from './x500-name';

const validity = { notBefore: Date.parse('2026-01-01T00:00:00Z'), notAfter: Date.parse('2060-01-01T00:00:00Z') };
const subject = X500Name.parse(
  'serialNumber=42, title="Head, Sales", emailAddress=a@b.example, O=Ünï 😀, DC=example, 1.2.3.4=odd, C=GB',
);

describe('issueCertificate', () => {
  it.each<SigningScheme>(['ed25519', 'p256', 'secp256k1', 'rsa'])('signs with %s what OpenSSL accepts', (scheme) => {
    const issuerKey = generateKeyPair(scheme);
    const ca = issueCertificate({
      ...cordaShape('ROOT', subject),
      subject,
      subjectKey: issuerKey.publicKey,
      issuer: issuerKey,
      validity,
      serial: 1n,
    });
    const key = generateKeyPair('p256');
    const issuer = { privateKey: issuerKey.privateKey, certificate: ca };
    const leaf = issueCertificate({
      ...cordaShape('TLS', subject),
      subject,
      subjectKey: key.publicKey,
      issuer,
      validity,
      serial: 2n ** 159n - 1n,
    });
    const [parent, child] = [new X509Certificate(ca.pem()), new X509Certificate(leaf.pem())];
    expect(child.verify(parent.publicKey)).toBe(true);
    expect(child.checkIssued(parent)).toBe(true);
    expect(parent.verify(parent.publicKey)).toBe(true);
    expect(leaf.subject.toRfc4514()).toBe(subject.toRfc4514());
    expect(leaf.serial).toBe(`7${'f'.repeat(39)}`);
  });

  it('gives the same bytes for the same request and an Ed25519 key: nothing comes from the clock', () => {
    const key = generateKeyPair('ed25519');
    const request = { subject, subjectKey: key.publicKey, issuer: key, validity, serial: 7n };
    expect(issueCertificate(request).equals(issueCertificate(request))).toBe(true);
  });

  const key = generateKeyPair('p256');
  const base: CertificateRequest = { subject, subjectKey: key.publicKey, issuer: key, validity, serial: 1n };

  it.each<[string, Partial<CertificateRequest>]>([
    ['it ends before it begins', { validity: { notBefore: 1000, notAfter: 0 } }],
    ['its serial number must be from 1', { serial: 0n }],
    ['its serial number must be from 1', { serial: 2n ** 159n }],
    ['it has a path length but is not a CA', { pathLength: 0 }],
  ])('refuses a request: %s', (reason, change) => {
    expect(() => issueCertificate({ ...base, ...change })).toThrow(CertificateError);
    expect(() => issueCertificate({ ...base, ...change })).toThrow(reason);
  });

  it('refuses a private key that is none', () => {
    expect(() => issueCertificate({ ...base, issuer: { privateKey: 'secret' } })).toThrow(KeyError);
  });
});
