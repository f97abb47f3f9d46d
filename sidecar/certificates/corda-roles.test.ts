import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCertificates } from './certificate';
import type { Certificate } from './certificate';
import { ChainError } from './chain-error';
import { cordaRoleOf, verifyCordaChain } from './corda-roles';
import type { CordaRole } from './corda-roles';
import { cordaShape } from './corda-shapes';
import type { CertificateShape } from './corda-shapes';
import { generateKeyPair, issueCertificate } from './issue';
import { X500Name } from './x500-name';

const AT = Date.parse('2026-12-01T00:00:00Z');
const VALIDITY = { notBefore: Date.parse('2026-01-01T00:00:00Z'), notAfter: Date.parse('2027-01-01T00:00:00Z') };
const read = (path: string): Certificate[] =>
  parseCertificates(readFileSync(join(__dirname, '../../test/fixtures/corda', path), 'utf8'));

interface Holder {
  readonly certificate: Certificate;
  readonly privateKey: string;
}
let serial = 1n;

function make(role: CordaRole | 'ROOT', name: string, issuer?: Holder, more: CertificateShape = {}): Holder {
  const key = generateKeyPair('p256');
  const subject = X500Name.parse(name);
  serial += 1n;
  const shape = { ...cordaShape(role, subject), ...more };
  const certificate = issueCertificate({
    ...shape,
    subject,
    subjectKey: key.publicKey,
    issuer: issuer ?? key,
    validity: VALIDITY,
    serial,
  });
  return { certificate, privateKey: key.privateKey };
}

const BOB = 'O=Bob, L=Rome, C=IT';
const root = make('ROOT', 'CN=Root, O=Net, L=London, C=GB');
const doorman = make('DOORMAN_CA', 'CN=Doorman, O=Net, L=London, C=GB', root);
const node = make('NODE_CA', BOB, doorman);

function result(chain: Holder[], ...roles: CordaRole[]): string {
  try {
    const certificates = chain.map((one) => one.certificate);
    return verifyCordaChain({ chain: certificates, roots: [root.certificate], at: AT, roles }).role;
  } catch (error) {
    if (error instanceof ChainError) return error.code;
    throw error;
  }
}

describe('verifyCordaChain', () => {
  it.each(['alice', 'bob', 'carol', 'dave', 'erin', 'notary'])(
    "verifies the real chain of %s, and finds its node's CA",
    (name) => {
      const chain = read(`nodes/${name}/certificates/tls-chain.pem`);
      const found = verifyCordaChain({ chain, roots: read('pki/root.pem'), at: AT, roles: ['TLS'] });
      expect(found.role).toBe('TLS');
      expect(found.nodeCa?.fingerprint).toBe(chain[1]?.fingerprint);
      expect(found.path).toHaveLength(4);
    },
  );

  it('verifies the certificates that sign maps and parameters, each for its own role', () => {
    const roots = read('pki/root.pem');
    const map = { chain: read('pki/network-map.pem'), roots, at: AT };
    expect(verifyCordaChain({ ...map, roles: ['NETWORK_MAP'] })).toMatchObject({
      role: 'NETWORK_MAP',
      nodeCa: undefined,
    });
    expect(() => verifyCordaChain({ ...map, roles: ['NETWORK_PARAMETERS'] })).toThrow(
      'has the role NETWORK_MAP, where NETWORK_PARAMETERS is asked for',
    );
    expect(cordaRoleOf(read('pki/network-parameters.pem')[0] as Certificate)).toBe('NETWORK_PARAMETERS');
  });

  const tls = make('TLS', BOB, node);
  const identity = make('LEGAL_IDENTITY', BOB, node);

  it.each<[string, string, Holder[], CordaRole]>([
    ["a node's TLS certificate", 'TLS', [tls, node, doorman], 'TLS'],
    ["a node's identity", 'LEGAL_IDENTITY', [identity, node, doorman], 'LEGAL_IDENTITY'],
    [
      'a confidential identity',
      'CONFIDENTIAL_LEGAL_IDENTITY',
      [make('CONFIDENTIAL_LEGAL_IDENTITY', BOB, identity), identity, node, doorman],
      'CONFIDENTIAL_LEGAL_IDENTITY',
    ],
    [
      'a service',
      'SERVICE_IDENTITY',
      [make('SERVICE_IDENTITY', 'O=Notary, L=Rome, C=IT', doorman), doorman],
      'SERVICE_IDENTITY',
    ],
    [
      'an identity issued by the doorman',
      'LEGAL_IDENTITY',
      [make('LEGAL_IDENTITY', BOB, doorman), doorman],
      'LEGAL_IDENTITY',
    ],
    ['a network map', 'NETWORK_MAP', [make('NETWORK_MAP', 'CN=Map, O=Net, L=London, C=GB', root)], 'NETWORK_MAP'],
    ['another role than asked for', 'CHAIN_ROLE', [identity, node, doorman], 'TLS'],
    ['a root where a node is asked for', 'CHAIN_ROLE', [root], 'TLS'],
    [
      'a network map issued by the doorman',
      'CHAIN_ROLE',
      [make('NETWORK_MAP', 'CN=Map, O=Net, L=London, C=GB', doorman), doorman],
      'NETWORK_MAP',
    ],
    [
      "a service issued by a node's CA",
      'CHAIN_ROLE',
      [make('SERVICE_IDENTITY', BOB, node), node, doorman],
      'SERVICE_IDENTITY',
    ],
    ["a node's CA issued by the root", 'CHAIN_ROLE', [make('NODE_CA', BOB, root)], 'NODE_CA'],
    [
      'a TLS certificate issued by an identity',
      'CHAIN_ROLE',
      [make('TLS', BOB, identity), identity, node, doorman],
      'TLS',
    ],
    ['a certificate without a role', 'CHAIN_ROLE', [make('ROOT', BOB, node), node, doorman], 'TLS'],
    ['a name below that of its node', 'CHAIN_ROLE_NAME', [make('TLS', `CN=x, ${BOB}`, node), node, doorman], 'TLS'],
    [
      'a name that its node may not give',
      'CHAIN_NAME_CONSTRAINT',
      [make('TLS', 'O=Eve, L=Rome, C=IT', node), node, doorman],
      'TLS',
    ],
  ])('judges %s: %s', (_, verdict, chain, role) => {
    expect(result(chain, role)).toBe(verdict);
  });

  it.each<[string, CertificateShape['nameConstraints']]>([
    ['no name constraints', undefined],
    ['name constraints that only exclude', { excluded: [X500Name.parse('O=Eve, C=IT')] }],
    ['room for others of its country', { permitted: [X500Name.parse('C=IT')] }],
    [
      'room for another name besides its own',
      { permitted: [X500Name.parse(BOB), X500Name.parse('O=Eve, L=Rome, C=IT')] },
    ],
  ])("refuses a node's CA with %s", (_, nameConstraints) => {
    const loose = make('NODE_CA', BOB, doorman, { nameConstraints });
    expect(result([make('TLS', BOB, loose), loose, doorman], 'TLS')).toBe('CHAIN_NODE_CA_UNCONSTRAINED');
  });

  it('refuses an identity that is a CA of its own, unless something above confines it', () => {
    const free = make('LEGAL_IDENTITY', BOB, doorman, { nameConstraints: undefined });
    expect(result([free, doorman], 'LEGAL_IDENTITY')).toBe('CHAIN_NODE_CA_UNCONSTRAINED');
    const below = make('LEGAL_IDENTITY', BOB, node, { nameConstraints: undefined });
    expect(result([below, node, doorman], 'LEGAL_IDENTITY')).toBe('LEGAL_IDENTITY');
  });

  it('refuses a trusted root that carries a role', () => {
    const act = (): unknown =>
      verifyCordaChain({
        chain: [tls.certificate, node.certificate],
        roots: [doorman.certificate],
        at: AT,
        roles: ['TLS'],
      });
    expect(act).toThrow('is trusted as a root, but has the role DOORMAN_CA');
  });
});
