import { issueList } from '../../test/interop/revocation/issue-list';
import type { Credential } from '../dev-network/credential';
import { issueAuthority, issueNodeCa, type Authority } from '../dev-network/issue-corda';
import { checkList, checkRevocation, type RevocationFailure } from './revocation';
import { RevocationList } from './revocation-list';
import { X500Name } from './x500-name';

const DAY = 86_400_000;
const NOW = Date.UTC(2030, 0, 1);
let counter = 0;
const SETTINGS = {
  validity: { notBefore: NOW - DAY, notAfter: NOW + 365 * DAY },
  random: (bytes: number) => new Uint8Array(bytes).fill((counter += 1)),
};

let network: Authority;
let node: Credential;
let other: Credential;

beforeAll(() => {
  network = issueAuthority(SETTINGS);
  node = issueNodeCa(network.doorman, X500Name.parse('O=Party A, L=London, C=GB'), SETTINGS);
  other = issueNodeCa(network.doorman, X500Name.parse('O=Party B, L=London, C=GB'), SETTINGS);
});

const serialOf = ({ chain: [one] }: Credential): string => one.serial;
const listOf = (content: Partial<Parameters<typeof issueList>[1]> = {}, ca = network.doorman): RevocationList =>
  RevocationList.fromDer(
    issueList(ca, { serials: [serialOf(node)], thisUpdate: NOW - DAY, nextUpdate: NOW + DAY, ...content }),
  );
const codeOf = (run: () => void): string => {
  try {
    run();
    return 'good';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test('a list says whom its issuer has revoked, and until when it is good', () => {
  const list = listOf();
  expect([list.revokes(node.chain[0]), list.revokes(other.chain[0])]).toEqual([true, false]);
  expect([list.thisUpdate, list.nextUpdate]).toEqual([NOW - DAY, NOW + DAY]);
  expect([list.isStale(NOW + DAY), list.isStale(NOW + DAY + 1)]).toEqual([false, true]);
  // The same number by another issuer is another certificate.
  expect(listOf({}, network.root).revokes(node.chain[0])).toBe(false);
});

test('PEM is read as well; a list without entries revokes nobody', () => {
  const der = issueList(network.doorman, { serials: [], thisUpdate: NOW });
  const pem = `-----BEGIN X509 CRL-----\n${Buffer.from(der).toString('base64')}\n-----END X509 CRL-----\n`;
  const list = RevocationList.parse(Buffer.from(pem));
  expect([list.serials.size, list.nextUpdate, list.isBy(network.doorman.chain[0])]).toEqual([0, undefined, true]);
});

test.each([
  ['nothing', new Uint8Array()],
  ['a text', Buffer.from('no list')],
  ['a cut list', () => issueList(network.doorman, { serials: ['7'], thisUpdate: NOW }).subarray(0, 60)],
  ['a certificate', () => network.root.chain[0].der],
  // It may state a part of the revoked only, or the certificates of other issuers.
  [
    'a list with a condition',
    () => issueList(network.doorman, { serials: [], thisUpdate: NOW, critical: '2.5.29.28' }),
  ],
])('%s is no list', (_what, bytes) => {
  const read = typeof bytes === 'function' ? bytes() : bytes;
  expect(codeOf(() => RevocationList.parse(read))).toBe('REVOCATION_LIST_INVALID');
});

test.each([
  ['a CA of the network', () => listOf(), undefined, 'good'],
  ['the node itself, for its own name', () => listOf({}, node), undefined, 'REVOCATION_LIST_UNTRUSTED'],
  [
    'a stranger by the name of the doorman',
    () => listOf({}, stranger().doorman),
    undefined,
    'REVOCATION_LIST_UNTRUSTED',
  ],
  ['the doorman, but it has ended', () => listOf({ nextUpdate: NOW - 1000 }), undefined, 'REVOCATION_LIST_STALE'],
  ['the doorman, tomorrow', () => listOf({ thisUpdate: NOW + DAY }), undefined, 'REVOCATION_LIST_STALE'],
  ['the doorman, before the one known', () => listOf(), () => listOf({ thisUpdate: NOW }), 'REVOCATION_LIST_OLDER'],
])('a list by %s', (_what, list, before, code) => {
  const cas = [network.root.chain[0], network.doorman.chain[0]];
  expect(codeOf(() => checkList(list(), cas, NOW, before?.()))).toBe(code);
});

test.each<[string, RevocationFailure, () => RevocationList[], string, string]>([
  ['a current list', 'soft', () => [listOf()], 'CERTIFICATE_REVOKED', 'good'],
  ['a current list', 'hard', () => [listOf()], 'CERTIFICATE_REVOKED', 'good'],
  ['a stale list', 'soft', () => [listOf({ nextUpdate: NOW - 1000 })], 'CERTIFICATE_REVOKED', 'good'],
  ['a stale list', 'hard', () => [listOf({ nextUpdate: NOW - 1000 })], 'CERTIFICATE_REVOKED', 'REVOCATION_UNKNOWN'],
  ['no list', 'soft', () => [], 'good', 'good'],
  ['no list', 'hard', () => [], 'REVOCATION_UNKNOWN', 'REVOCATION_UNKNOWN'],
])('with %s, %s: who is revoked, who is not', (_what, failure, lists, revoked, not) => {
  const rules = { lists: lists(), failure, at: NOW };
  const found = [node, other].map(({ chain: [one] }) => codeOf(() => checkRevocation(one, rules)));
  expect(found).toEqual([revoked, not]);
});

function stranger(): Authority {
  return issueAuthority(SETTINGS);
}
