import { randomBytes } from 'node:crypto';
import { verifyCordaChain } from '../certificates/corda-roles';
import { X500Name } from '../certificates/x500-name';
import { ManualClock } from '../lib/clock';
import { settingsAt } from './dev-network';
import { issueAuthority, issueIdentity, issueNodeCa, issueTls } from './issue-corda';
import { issueOddTls, issueStranger, ODD_TLS_KINDS, type OddTlsKind } from './odd-tls';

const at = Date.UTC(2026, 10, 22);
const settings = settingsAt(new ManualClock(at), randomBytes);
const authority = issueAuthority(settings);
const name = X500Name.parse('O=Party A, L=London, C=GB');
const otherName = X500Name.parse('O=Party B, L=New York, C=US');
const nodeCa = issueNodeCa(authority.doorman, name, settings);
const node = { nodeCa, tls: issueTls(nodeCa, settings), identity: issueIdentity(nodeCa, 'ed25519', settings) };

function verify(chain: ReturnType<typeof issueTls>['chain']): string {
  return verifyCordaChain({ chain, roots: authority.root.chain, at, roles: ['TLS'], leaf: chain[0] }).role;
}

test('what is not odd verifies', () => {
  expect(verify(node.tls.chain)).toBe('TLS');
});

const REASONS: Record<OddTlsKind, string> = {
  'wrong-root': 'CHAIN_UNKNOWN_ROOT',
  'self-signed': 'CHAIN_UNKNOWN_ROOT',
  expired: 'CHAIN_EXPIRED',
  'not-yet-valid': 'CHAIN_NOT_YET_VALID',
  'other-subject': 'CHAIN_NAME_CONSTRAINT',
  'common-name-added': 'CHAIN_ROLE_NAME',
  'issued-by-identity': 'CHAIN_ROLE',
  'no-role': 'CHAIN_ROLE',
};

test.each(ODD_TLS_KINDS.map((kind) => [kind, REASONS[kind]]))('%s is refused: %s', (kind, code) => {
  const { chain } = issueOddTls(kind, { node, otherName, at, random: randomBytes });
  expect(() => verify(chain)).toThrow(expect.objectContaining({ code }) as Error);
});

test('each odd certificate carries the name that it abuses', () => {
  const subjects = ODD_TLS_KINDS.map((kind) => {
    return [kind, issueOddTls(kind, { node, otherName, at, random: randomBytes }).chain[0].subject.toCorda()];
  });
  expect(Object.fromEntries(subjects)).toEqual({
    ...Object.fromEntries(ODD_TLS_KINDS.map((kind) => [kind, name.toCorda()])),
    'other-subject': otherName.toCorda(),
    'common-name-added': `CN=Mallory, ${name.toCorda()}`,
  });
});

test('a stranger is right in his own network, and nowhere else', () => {
  const stranger = issueStranger(name, settings);
  const { chain } = stranger.tls;
  expect(verifyCordaChain({ chain, roots: stranger.root.chain, at, roles: ['TLS'] }).role).toBe('TLS');
  expect(() => verify(chain)).toThrow(expect.objectContaining({ code: 'CHAIN_UNKNOWN_ROOT' }) as Error);
});
