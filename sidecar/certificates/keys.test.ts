import { generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCompositeKey } from './composite-key';
import { der, derBits, derInteger, derOid, derSequence } from './der-writer';
import { Tag } from './der';
import { generateKeyPair } from './issue';
import {
  COMPOSITE_KEY_OID,
  identityId,
  keySchemeOf,
  signatureAlgorithmOf,
  SignatureAlgorithm,
  verifySignature,
} from './keys';
import type { SigningScheme } from './keys';

interface Expected {
  nodes: { identities: { keyScheme: string; keyEncodedHex: string; toStringShort: string }[] }[];
}
const expected = JSON.parse(
  readFileSync(join(__dirname, '../../test/fixtures/corda/expected.json'), 'utf8'),
) as Expected;
const identities = expected.nodes.flatMap((node) => node.identities);
const SCHEMES: Record<string, string> = {
  EDDSA_ED25519_SHA512: 'ed25519',
  ECDSA_SECP256R1_SHA256: 'p256',
  ECDSA_SECP256K1_SHA256: 'secp256k1',
  RSA_SHA256: 'rsa',
  COMPOSITE: 'composite',
};
const withCode = (code: string): Error => expect.objectContaining({ code }) as Error;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const composite = (threshold: number, parts: [Uint8Array, number][]): Uint8Array =>
  derSequence(
    derSequence(derOid(COMPOSITE_KEY_OID)),
    derBits(
      derSequence(
        derInteger(threshold),
        derSequence(...parts.map(([key, weight]) => derSequence(derBits(key), derInteger(weight)))),
      ),
    ),
  );

describe('keys', () => {
  it.each(identities)('knows the id and kind of $toStringShort', ({ keyEncodedHex, keyScheme, toStringShort }) => {
    const spki = Buffer.from(keyEncodedHex, 'hex');
    expect(identityId(spki)).toBe(toStringShort);
    expect(keySchemeOf(spki)).toBe(SCHEMES[keyScheme]);
  });

  it.each<SigningScheme>(['ed25519', 'p256', 'secp256k1', 'rsa'])(
    'verifies signatures of %s, and of nothing else',
    (scheme) => {
      const { publicKey, privateKey } = generateKeyPair(scheme);
      const data = Buffer.from('what is signed');
      const signature = sign(scheme === 'ed25519' ? null : 'sha256', data, privateKey);
      expect(verifySignature(publicKey, undefined, data, signature)).toBe(true);
      expect(verifySignature(publicKey, signatureAlgorithmOf(scheme), data, signature)).toBe(true);
      expect(verifySignature(publicKey, '1.2.840.113549.1.1.5', data, signature)).toBe(false);
      expect(verifySignature(publicKey, undefined, Buffer.from('something else'), signature)).toBe(false);
      expect(verifySignature(publicKey, undefined, data, Buffer.alloc(0))).toBe(false);
      expect(verifySignature(publicKey, undefined, data, signature.subarray(1))).toBe(false);
      expect(verifySignature(generateKeyPair(scheme).publicKey, undefined, data, signature)).toBe(false);
    },
  );

  it('does not take a signature with another digest', () => {
    const { publicKey, privateKey } = generateKeyPair('rsa');
    const signature = sign('sha1', Buffer.from('x'), privateKey);
    expect(verifySignature(publicKey, SignatureAlgorithm.rsaSha256, Buffer.from('x'), signature)).toBe(false);
  });

  it('refuses keys of other kinds, and what is no key', () => {
    const curve = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey.export({
      format: 'der',
      type: 'spki',
    });
    const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'der', type: 'spki' });
    expect(() => keySchemeOf(curve)).toThrow(withCode('KEY_UNSUPPORTED'));
    expect(() => verifySignature(small, undefined, Buffer.alloc(1), Buffer.alloc(1))).toThrow(
      'not supported: rsa 1024 bits',
    );
    for (const bytes of ['', '3000', '300506032b6570', '302a300506032b6570']) {
      expect(() => keySchemeOf(Buffer.from(bytes, 'hex'))).toThrow(withCode('KEY_INVALID'));
    }
  });
});

describe('composite keys', () => {
  const simple = (): Uint8Array => generateKeyPair('ed25519').publicKey;

  it("reads Corda's encoding", () => {
    const found = identities.find(({ keyScheme }) => keyScheme === 'COMPOSITE');
    const key = parseCompositeKey(Buffer.from(found?.keyEncodedHex ?? '', 'hex'));
    expect(key.threshold).toBe(1);
    expect(key.children.map((child) => child.weight)).toEqual([1, 1]);
    expect(key.leaves.map((leaf) => keySchemeOf(leaf))).toEqual(['ed25519', 'ed25519']);
    const notary = identities.find(
      ({ keyEncodedHex }) => keyEncodedHex.toLowerCase() === hex(key.leaves[1] ?? Buffer.alloc(0)),
    );
    expect(notary?.toStringShort).toBe('DL8Xn4ME1A138wC9YK45Fw3ra6FMJuHgvZbQDYUADDcDLq');
  });

  it('finds the simple keys inside nested ones', () => {
    const [a, b, c] = [simple(), simple(), simple()];
    const key = parseCompositeKey(
      composite(3, [
        [a, 2],
        [
          composite(1, [
            [b, 1],
            [c, 1],
          ]),
          1,
        ],
      ]),
    );
    expect(key.leaves.map(hex)).toEqual([a, b, c].map(hex));
  });

  it.each<[string, () => Uint8Array, string]>([
    [
      'a threshold that cannot be reached',
      () =>
        composite(3, [
          [simple(), 1],
          [simple(), 1],
        ]),
      'its threshold is 3 of 2',
    ],
    ['a threshold of nothing', () => composite(0, [[simple(), 1]]), 'its threshold is 0 of 1'],
    [
      'a part without weight',
      () =>
        composite(1, [
          [simple(), 1],
          [simple(), 0],
        ]),
      'a part has no weight',
    ],
    [
      'the same part twice',
      () =>
        ((key): Uint8Array =>
          composite(2, [
            [key, 1],
            [key, 1],
          ]))(simple()),
      'a part is there twice',
    ],
    ['no parts', () => composite(1, []), 'its threshold is 1 of 0'],
    ['a part that is no key', () => composite(1, [[Buffer.from('3000', 'hex'), 1]]), 'the bytes are not a public key'],
    [
      'too deep a nest',
      () => Array.from({ length: 10 }).reduce<Uint8Array>((inner) => composite(1, [[inner, 1]]), simple()),
      'nested too deeply',
    ],
    ['a simple key', simple, 'its algorithm is 1.3.101.112'],
    [
      'a key with a damaged body',
      () => derSequence(derSequence(derOid(COMPOSITE_KEY_OID)), derBits(der(Tag.null))),
      'is not there',
    ],
  ])('refuses %s', (_, make, reason) => {
    expect(() => parseCompositeKey(make())).toThrow(reason);
    expect(() => parseCompositeKey(make())).toThrow(withCode('KEY_INVALID'));
  });

  it('does not take a composite key for one that signs', () => {
    expect(() => verifySignature(composite(1, [[simple(), 1]]), undefined, Buffer.alloc(1), Buffer.alloc(1))).toThrow(
      'its parts do',
    );
  });
});
