import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { parseCertificates } from './certificate';
import { keySchemeOf } from './keys';
import { readKeyStore } from './key-store';
import { KeyStoreError } from './key-store-error';

const fixture = (path: string): Buffer => readFileSync(join(__dirname, '../../test/fixtures/corda', path));
const withCode = (code: string): Error => expect.objectContaining({ code }) as Error;

describe('readKeyStore', () => {
  it.each([
    ['nodes/alice/certificates/nodekeystore.jks', { cordaclientca: 'p256', 'identity-private-key': 'ed25519' }],
    ['nodes/alice/certificates/nodekeystore.p12', { cordaclientca: 'p256', 'identity-private-key': 'ed25519' }],
    ['nodes/dave/certificates/nodekeystore.jks', { cordaclientca: 'p256', 'identity-private-key': 'secp256k1' }],
    ['nodes/carol/certificates/sslkeystore.jks', { cordaclienttls: 'rsa' }],
    ['nodes/carol/certificates/sslkeystore.p12', { cordaclienttls: 'rsa' }],
    ['nodes/carol/certificates/sslkeystore-legacy.p12', { cordaclienttls: 'rsa' }],
    ['pki/network-map-keys.jks', { networkmap: 'p256' }],
  ])('reads %s: each key with the chain that belongs to it', (path, schemes) => {
    const { keys, trusted } = readKeyStore(fixture(path), 'cordacadevpass');
    expect(trusted).toEqual([]);
    expect(
      Object.fromEntries(keys.map(({ alias, chain }) => [alias, keySchemeOf(chain[0]?.publicKey ?? Buffer.alloc(0))])),
    ).toEqual(schemes);
    for (const { privateKey, chain } of keys) {
      const own = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
      expect(Buffer.compare(own, chain[0]?.publicKey ?? Buffer.alloc(0))).toBe(0);
      expect(chain.at(-1)?.subject.toCorda()).toContain('CN=Corda Node Root CA');
      chain.slice(1).forEach((issuer, index) => expect(chain[index]?.issuer.matches(issuer.subject)).toBe(true));
    }
  });

  it('gives the very bytes of the certificates and the key', () => {
    const expected = parseCertificates(fixture('nodes/carol/certificates/tls-chain.pem').toString());
    const publicKey = createPublicKey(fixture('nodes/carol/certificates/tls-key.pem').toString());
    for (const file of ['sslkeystore.jks', 'sslkeystore.p12', 'sslkeystore-legacy.p12', 'sslkeystore-with-root.p12']) {
      const [key] = readKeyStore(fixture(`nodes/carol/certificates/${file}`), 'cordacadevpass').keys;
      expect(key?.chain.map((one) => one.fingerprint)).toEqual(expected.map((one) => one.fingerprint));
      expect(createPublicKey(key?.privateKey ?? '').equals(publicKey)).toBe(true);
    }
  });

  it('reads what OpenSSL writes', () => {
    const { keys } = readKeyStore(fixture('nodes/bob/certificates/tls-openssl.p12'), 'pw');
    const expected = parseCertificates(fixture('nodes/bob/certificates/tls-chain.pem').toString());
    expect(keys.map((key) => [key.alias, key.chain.map((one) => one.fingerprint)])).toEqual([
      ['bob', expected.map((one) => one.fingerprint)],
    ]);
  });

  it.each([
    ['pki/truststore.jks', 'trustpass', 0],
    ['pki/truststore.p12', 'trustpass', 0],
    ['nodes/carol/certificates/sslkeystore-with-root.p12', 'cordacadevpass', 1],
  ])('reads the trusted certificates of %s', (path, password, keys) => {
    const store = readKeyStore(fixture(path), password);
    expect(store.keys).toHaveLength(keys);
    expect(store.trusted.map(({ alias, certificate }) => [alias, certificate.subject.valuesOf('CN')])).toEqual([
      ['cordarootca', ['Corda Node Root CA']],
    ]);
  });

  it.each([
    ['a wrong password (JKS)', 'pki/truststore.jks', 'wrong', 'KEY_STORE_PASSWORD'],
    ['a wrong password (PKCS#12)', 'pki/truststore.p12', 'wrong', 'KEY_STORE_PASSWORD'],
    ['a password beyond ASCII (PKCS#12)', 'pki/truststore.p12', 'pässword', 'KEY_STORE_UNSUPPORTED'],
    ['a file of another kind', 'pki/root.pem', 'x', 'KEY_STORE_INVALID'],
  ])('refuses %s', (_, path, password, code) => {
    expect(() => readKeyStore(fixture(path), password)).toThrow(withCode(code));
  });

  it('tells the password of a key from that of the store', () => {
    const bytes = fixture('nodes/carol/certificates/sslkeystore.jks');
    expect(() => readKeyStore(bytes, 'cordacadevpass', 'another')).toThrow(
      'the password of a key in the key store is wrong',
    );
  });

  it.each(['pki/truststore.jks', 'pki/truststore.p12'])(
    'answers a changed or cut %s with an error of its own',
    (path) => {
      const bytes = fixture(path);
      fc.assert(
        fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, change, cut) => {
          const damaged = cut ? bytes.subarray(0, at) : Buffer.from(bytes);
          if (!cut) damaged[at] = (damaged[at] ?? 0) ^ change;
          try {
            readKeyStore(damaged, 'trustpass');
          } catch (error) {
            expect(error).toBeInstanceOf(KeyStoreError);
          }
        }),
        { numRuns: 60 },
      );
    },
  );
});
