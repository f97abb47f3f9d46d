import { randomBytes } from 'node:crypto';
import { X500Name } from '../certificates/x500-name';
import { issueAuthority, issueNodeCa, type Authority } from '../dev-network/issue-corda';
import type { NodeInfo } from './node-info';
import { validityOf } from './node-info-validity';

const DAY = 86_400_000;
const NOW = Date.UTC(2030, 0, 1);

function authority(notBefore: number, notAfter: number): Authority {
  return issueAuthority({ validity: { notBefore, notAfter }, random: randomBytes });
}

function nodeUnder({ doorman }: Authority): NodeInfo {
  const validity = { notBefore: NOW, notAfter: NOW + 50 * DAY };
  const { chain } = issueNodeCa(doorman, X500Name.parse('O=Party A, L=London, C=GB'), {
    validity,
    random: randomBytes,
  });
  return { identities: [{ certificates: chain.map(({ der }) => der) }] } as unknown as NodeInfo;
}

const older = authority(NOW - 10 * DAY, NOW + 3 * DAY);
const newer = authority(NOW - DAY, NOW + 100 * DAY);
const [oldRoot, newRoot] = [older.root.chain[0], newer.root.chain[0]];

test('a root of the same name with another key does not end what the other root has issued', () => {
  expect(oldRoot.subject.equals(newRoot.subject)).toBe(true);
  const roots = [oldRoot, newRoot];
  expect(validityOf(nodeUnder(newer), roots)).toEqual({ from: NOW, until: NOW + 50 * DAY });
  expect(validityOf(nodeUnder(older), roots)).toEqual({ from: NOW, until: NOW + 3 * DAY });
});
