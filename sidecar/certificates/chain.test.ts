import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Certificate, parseCertificates } from './certificate';
import { verifyChain } from './chain';
import type { ChainInput } from './chain';
import { ChainError } from './chain-error';
import { contextTag, readDer, sequenceOf, Tag } from './der';
import { der, derBits, derBoolean, derExplicit, derOctets, derOid, derSequence } from './der-writer';
import { Purpose } from './extensions';
import { generateKeyPair, issueCertificate } from './issue';
import type { CertificateRequest, KeyPair } from './issue';
import type { SigningScheme } from './keys';
import { X500Name } from './x500-name';

const AT = Date.parse('2026-12-01T00:00:00Z');
const VALIDITY = { notBefore: Date.parse('2026-01-01T00:00:00Z'), notAfter: Date.parse('2027-01-01T00:00:00Z') };
const CA = { ca: true, keyUsage: ['keyCertSign'] } as const;
const keys = new Map<string, KeyPair>();
const keyOf = (name: string, scheme: SigningScheme = 'p256'): KeyPair => {
  const key = keys.get(name) ?? generateKeyPair(scheme);
  keys.set(name, key);
  return key;
};

interface Holder {
  readonly certificate: Certificate;
  readonly privateKey: string;
}
let serial = 1n;

/** A certificate for `name`, by `issuer` or self-signed. `key` names the key pair; the name's own unless told. */
function make(name: string, issuer?: Holder, more: Partial<CertificateRequest> = {}, key = name): Holder {
  const pair = keyOf(key);
  serial += 1n;
  const request = { subject: X500Name.parse(name), subjectKey: pair.publicKey, validity: VALIDITY, serial, ...more };
  return {
    certificate: issueCertificate({ issuer: issuer ?? { privateKey: pair.privateKey }, ...request }),
    privateKey: pair.privateKey,
  };
}

const root = make('CN=Root', undefined, CA);
const verify = (chain: readonly Holder[], more: Partial<ChainInput> = {}): string[] =>
  verifyChain({ chain: chain.map((one) => one.certificate), roots: [root.certificate], at: AT, ...more }).map((one) =>
    one.subject.toCorda(),
  );

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof ChainError) return error.code;
    throw error;
  }
  return 'accepted';
}

describe('verifyChain', () => {
  const ca = make('CN=CA', root, CA);
  const sub = make('CN=Sub', ca, CA);
  const leaf = make('CN=Leaf', sub);
  const whole = ['CN=Leaf', 'CN=Sub', 'CN=CA', 'CN=Root'];

  it.each([
    ['leaf first', [leaf, sub, ca]],
    ['with the root', [leaf, sub, ca, root]],
    ['root first', [root, ca, sub, leaf]],
    ['in any order, one twice', [sub, root, leaf, ca, sub]],
  ])('finds the path %s', (_, chain) => {
    expect(verify(chain)).toEqual(whole);
  });

  it('stops at the first trusted certificate: an intermediate one may be the root', () => {
    expect(verify([leaf, sub], { roots: [ca.certificate] })).toEqual(['CN=Leaf', 'CN=Sub', 'CN=CA']);
    expect(verify([root])).toEqual(['CN=Root']);
  });

  it('leaves aside what does not belong to the leaf only when the leaf is named', () => {
    const other = make('CN=Other');
    expect(codeOf(() => verify([leaf, other, sub, ca]))).toBe('CHAIN_AMBIGUOUS');
    expect(verify([leaf, other, sub, ca], { leaf: leaf.certificate })).toEqual(whole);
  });

  it.each<SigningScheme>(['ed25519', 'p256', 'secp256k1', 'rsa'])('accepts issuers with %s keys', (scheme) => {
    const key = generateKeyPair(scheme);
    const own = { subject: X500Name.parse('CN=R'), subjectKey: key.publicKey, validity: VALIDITY, serial: 1n };
    const certificate = issueCertificate({ ...own, ...CA, issuer: { privateKey: key.privateKey } });
    const holder = { certificate, privateKey: key.privateKey };
    expect(verify([make('CN=L', holder)], { roots: [certificate] })).toEqual(['CN=L', 'CN=R']);
  });

  it('tries another path when one is refused', () => {
    const expired = make('CN=CA', root, { ...CA, validity: { notBefore: 0, notAfter: 1000 } });
    expect(verify([leaf, sub, expired, ca], { leaf: leaf.certificate })).toEqual(whole);
  });

  describe('name constraints', () => {
    const bob = X500Name.parse('O=Bob, C=IT');
    const confined = make('O=Bob, C=IT', root, { ...CA, nameConstraints: { permitted: [bob] } });
    const open = make('CN=Open', root, { ...CA, nameConstraints: { excluded: [bob] } });
    const tls =
      (name: string, issuer: Holder): (() => unknown) =>
      () =>
        verify([make(name, issuer, {}, 'a tls key'), issuer]);

    it.each([
      ['its own name', tls('O=Bob, C=IT', confined), 'accepted'],
      ['its own name in capitals', tls('O=BOB, C=it', confined), 'accepted'],
      ['a name below', tls('CN=x, O=Bob, C=IT', confined), 'accepted'],
      ['another name', tls('O=Eve, C=IT', confined), 'CHAIN_NAME_CONSTRAINT'],
      ['its own name in another order', tls('C=IT, O=Bob', confined), 'CHAIN_NAME_CONSTRAINT'],
      ['a part of its name', tls('C=IT', confined), 'CHAIN_NAME_CONSTRAINT'],
      ['a name that is not excluded', tls('O=Eve, C=IT', open), 'accepted'],
      ['an excluded name', tls('O=Bob, C=IT', open), 'CHAIN_NAME_CONSTRAINT'],
      ['a name below an excluded one', tls('CN=x, O=Bob, C=IT', open), 'CHAIN_NAME_CONSTRAINT'],
    ])('hold for %s', (_, act, result) => {
      expect(codeOf(act)).toBe(result);
    });

    it('hold below a further CA, and for that CA unless it is self-issued', () => {
      const renewed = make('O=Bob, C=IT', confined, CA, 'a newer key');
      expect(verify([make('O=Bob, C=IT', renewed, {}, 'a tls key'), renewed, confined])).toHaveLength(4);
      expect(codeOf(() => verify([make('O=Eve, C=IT', renewed), renewed, confined]))).toBe('CHAIN_NAME_CONSTRAINT');
      const stranger = make('O=Eve, C=IT', confined, CA);
      expect(codeOf(() => verify([make('O=Bob, C=IT', stranger, {}, 'a tls key'), stranger, confined]))).toBe(
        'CHAIN_NAME_CONSTRAINT',
      );
    });

    it('hold for a self-issued leaf, and not for a self-issued CA on the way', () => {
      const odd = make('O=Eve, C=IT', root, { ...CA, nameConstraints: { permitted: [bob] } });
      expect(codeOf(() => verify([make('O=Eve, C=IT', odd, {}, 'a tls key'), odd]))).toBe('CHAIN_NAME_CONSTRAINT');
      const renewed = make('O=Eve, C=IT', odd, CA, 'a newer key of Eve');
      expect(verify([make('O=Bob, C=IT', renewed, {}, 'a tls key'), renewed, odd])).toHaveLength(4);
    });
  });

  it.each<[string, string, () => unknown]>([
    ['no certificate', 'CHAIN_EMPTY', () => verify([])],
    ['too many certificates', 'CHAIN_TOO_LONG', () => verify(Array.from({ length: 17 }, () => leaf))],
    ['a path longer than allowed', 'CHAIN_UNKNOWN_ROOT', () => verify([leaf, sub, ca], { rules: { maxLength: 3 } })],
    [
      'an untrusted root',
      'CHAIN_UNKNOWN_ROOT',
      () => verify([leaf, sub, ca, root], { roots: [make('CN=Root', undefined, CA, 'x').certificate] }),
    ],
    ['a missing issuer', 'CHAIN_UNKNOWN_ROOT', () => verify([leaf])],
    ['a gap between two certificates', 'CHAIN_AMBIGUOUS', () => verify([leaf, ca])],
    [
      'an issuer of the same name with another key',
      'CHAIN_SIGNATURE',
      () => verify([leaf, make('CN=Sub', ca, CA, 'y'), ca]),
    ],
    ['an expired leaf', 'CHAIN_EXPIRED', () => verify([leaf, sub, ca], { at: VALIDITY.notAfter + 1 })],
    ['a leaf of the future', 'CHAIN_NOT_YET_VALID', () => verify([leaf, sub, ca], { at: VALIDITY.notBefore - 1 })],
    [
      'an expired issuer',
      'CHAIN_EXPIRED',
      () =>
        verify([
          make('CN=L', make('CN=E', root, { ...CA, validity: { notBefore: 0, notAfter: AT - 1 } })),
          make('CN=E', root, { ...CA, validity: { notBefore: 0, notAfter: AT - 1 } }),
        ]),
    ],
    ['an issuer that is no CA', 'CHAIN_NOT_A_CA', () => verify([make('CN=L', leaf), leaf, sub, ca])],
    [
      'an issuer that may not sign',
      'CHAIN_KEY_USAGE',
      () =>
        ((weak): unknown => verify([make('CN=L', weak), weak]))(
          make('CN=W', root, { ca: true, keyUsage: ['cRLSign'] }),
        ),
    ],
    [
      'one CA too many',
      'CHAIN_PATH_LENGTH',
      () =>
        ((short): unknown => ((next): unknown => verify([make('CN=L', next), next, short]))(make('CN=N', short, CA)))(
          make('CN=S', root, { ...CA, pathLength: 0 }),
        ),
    ],
    [
      'another purpose',
      'CHAIN_PURPOSE',
      () =>
        verify([make('CN=L', root, { extendedKeyUsage: [Purpose.serverAuth] })], { rules: { purpose: 'clientAuth' } }),
    ],
  ])('refuses %s', (_, code, act) => {
    expect(codeOf(act)).toBe(code);
  });

  it('is valid at the very ends of its time, and for the purposes that it names', () => {
    expect(verify([leaf, sub, ca], { at: VALIDITY.notBefore })).toEqual(whole);
    expect(verify([leaf, sub, ca], { at: VALIDITY.notAfter })).toEqual(whole);
    const client = make('CN=L', root, { extendedKeyUsage: [Purpose.clientAuth] });
    expect(verify([client], { rules: { purpose: 'clientAuth' } })).toHaveLength(2);
    expect(verify([leaf, sub, ca], { rules: { purpose: 'serverAuth' } })).toEqual(whole);
  });

  it('does not count self-issued CAs against the path length', () => {
    const short = make('CN=S', root, { ...CA, pathLength: 0 });
    const renewed = make('CN=S', short, { ...CA, pathLength: 0 }, 'renewed');
    expect(verify([make('CN=L', renewed), renewed, short])).toHaveLength(4);
  });

  it.each<[string, string, Uint8Array]>([
    [
      'a critical extension that is not understood',
      'CHAIN_CRITICAL_EXTENSION',
      derSequence(derOid('1.2.3.4'), derBoolean(true), derOctets(derSequence())),
    ],
    [
      'critical constraints on host names',
      'CHAIN_NAME_CONSTRAINT_UNSUPPORTED',
      derSequence(
        derOid('2.5.29.30'),
        derBoolean(true),
        derOctets(
          derSequence(der(contextTag(0, true), derSequence(der(contextTag(2, false), Buffer.from('example.org'))))),
        ),
      ),
    ],
  ])('refuses %s', (_, code, extension) => {
    const plain = make('CN=Odd', root, CA).certificate;
    const fields = sequenceOf(sequenceOf(readDer(plain.der), '')[0], '').map((field) => field.bytes);
    const wrapped = readDer(readDer(fields.at(-1) ?? Buffer.alloc(0)).content).content;
    const body = derSequence(...fields.slice(0, -1), derExplicit(3, der(Tag.sequence, wrapped, extension)));
    const { sign } = jest.requireActual<typeof import('node:crypto')>('node:crypto');
    const algorithm = derSequence(derOid('1.2.840.10045.4.3.2'));
    const odd = Certificate.fromDer(derSequence(body, algorithm, derBits(sign('sha256', body, root.privateKey))));
    expect(codeOf(() => verifyChain({ chain: [odd], roots: [root.certificate], at: AT }))).toBe(code);
  });

  it('does not follow a tangle of certificates for ever', () => {
    const knot = Array.from({ length: 14 }, () => make('CN=Knot', undefined, CA));
    const started = process.cpuUsage().user;
    expect(codeOf(() => verify([make('CN=L', knot[0]), ...knot]))).toBe('CHAIN_AMBIGUOUS');
    expect(process.cpuUsage().user - started).toBeLessThan(5_000_000);
  });

  it('never accepts a chain with a changed byte in a signed part', () => {
    const { der: bytes } = leaf.certificate;
    for (let at = 8; at < bytes.length; at += 7) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x01;
      let certificate: Certificate;
      try {
        certificate = Certificate.fromDer(changed);
      } catch {
        continue;
      }
      expect(
        codeOf(() =>
          verifyChain({ chain: [certificate, sub.certificate, ca.certificate], roots: [root.certificate], at: AT }),
        ),
      ).not.toBe('accepted');
    }
  });

  it("accepts a peer's certificates of the other kind of network: self-issued leaf below a constrained sub-CA", () => {
    const id = 'serialNumber=fc06c3edee3e2737c7089a3a03775c84, OU=Creditors Agents, O=Swaptacular Nodes Registry';
    const own = make('serialNumber=1234abcd, OU=Accounting Authorities, O=Swaptacular Nodes Registry', undefined, {
      ...CA,
      pathLength: 1,
    });
    const subCa = make(id, own, { ...CA, pathLength: 0, nameConstraints: { permitted: [X500Name.parse(id)] } });
    const server = make(id, subCa, {}, 'the server key');
    expect(verify([server, subCa], { roots: [own.certificate] })).toHaveLength(3);
  });

  it('verifies real chains', () => {
    const read = (path: string): Certificate[] =>
      parseCertificates(readFileSync(join(__dirname, '../../test/fixtures/corda', path), 'utf8'));
    for (const node of ['alice', 'bob', 'carol', 'dave', 'erin', 'notary']) {
      const chain = read(`nodes/${node}/certificates/tls-chain.pem`);
      expect(verifyChain({ chain, roots: read('pki/root.pem'), at: AT })).toHaveLength(4);
    }
  });
});
