import { AuthorityError } from '../../sidecar/authority/authority-error';
import { readPeerCertificate } from '../../sidecar/authority/peer-certificate';
import { readRoot } from '../../sidecar/authority/root-certificate';
import { generateKeyPair } from '../../sidecar/certificates/issue';
import type { CertificateRequest } from '../../sidecar/certificates/issue';
import type { Certificate } from '../../sidecar/certificates/certificate';
import { AT, badlySigned, fixture, nodeName, parseName, patched, peerCertificateOf, rootOf } from './swaptacular-kit';

const key = generateKeyPair('rsa');
const agentKey = generateKeyPair('rsa');
const stranger = generateKeyPair('rsa');
const authorityRoot = rootOf(nodeName(key, 'accounting-authority', '0000abcd'), key);
const creditorsRoot = rootOf(nodeName(agentKey, 'creditors-agent'), agentKey);
const debtorsRoot = rootOf(nodeName(agentKey, 'debtors-agent'), agentKey);
const strangerRoot = rootOf(nodeName(stranger, 'creditors-agent'), stranger);

const read = (pem: string, issuer = authorityRoot, subject = creditorsRoot, at = AT) =>
  readPeerCertificate(pem, 'x.crt', { issuer: readRoot(issuer.pem(), 'a'), subject: readRoot(subject.pem(), 'b'), at });

function codeOf(pem: string, issuer?: Certificate, subject?: Certificate, at?: number): string {
  try {
    read(pem, issuer, subject, at);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof AuthorityError)) return String(error);
    expect(error.message).toMatch(/^x\.crt: /);
    expect(error.remedy).toMatch(/\w/);
    return error.code;
  }
}

const good = peerCertificateOf({ root: authorityRoot, key }, creditorsRoot);
const made = (change: Partial<CertificateRequest>): Certificate =>
  peerCertificateOf({ root: authorityRoot, key }, creditorsRoot, change);
const inHex = (certificate: Certificate, from: string, to: string): Certificate => patched(certificate, from, to, key);
const { subject } = creditorsRoot;

/** The bytes of an extension's value from its object identifier on, with the last one changed. */
function otherIdentifier(marker: string): Certificate {
  const hex = Buffer.from(good.der).toString('hex');
  const found = hex.slice(hex.indexOf(marker), hex.indexOf(marker) + marker.length + 40);
  return inHex(good, found, `${found.slice(0, -2)}${found.endsWith('00') ? '01' : '00'}`);
}

test('what is as it should be is accepted, with its subnet', () => {
  expect(read(good.pem()).subnet).toBe('000001');
  const byAgent = peerCertificateOf({ root: creditorsRoot, key: agentKey }, authorityRoot, { netscapeComment: '' });
  expect(read(byAgent.pem(), creditorsRoot, authorityRoot).subnet).toBeUndefined();
  const forDebtors = peerCertificateOf({ root: authorityRoot, key }, debtorsRoot, {
    netscapeComment: 'Subnet: 0000abcdff',
  });
  expect(read(forDebtors.pem(), authorityRoot, debtorsRoot).subnet).toBe('0000abcdff');
});

test.each([
  ['by-aa-for-ca', 'aa', 'ca', '000001'],
  ['by-ca-for-aa', 'ca', 'aa', undefined],
])('the real certificate %s is accepted', (file, issuer, receiver, subnet) => {
  const root = (node: string) => readRoot(fixture(`${node}/root-ca.crt`).toString(), node, AT);
  const parties = { issuer: root(issuer), subject: root(receiver), at: AT };
  expect(readPeerCertificate(fixture(`exchange/peercert-${file}.crt`).toString(), file, parties).subnet).toBe(subnet);
});

test.each<[string, string, () => string]>([
  ['INVALID', 'nothing', () => ''],
  ['INVALID', 'two', () => good.pem() + good.pem()],
  ['INVALID', 'a key before it', () => key.privateKey + good.pem()],
  [
    'ISSUER',
    'issued by a stranger',
    () => peerCertificateOf({ root: strangerRoot, key: stranger }, creditorsRoot).pem(),
  ],
  ['ISSUER', 'the own root', () => creditorsRoot.pem()],
  ['SUBJECT', "the issuer's root", () => authorityRoot.pem()],
  ['SUBJECT', 'for another node', () => peerCertificateOf({ root: authorityRoot, key }, strangerRoot).pem()],
  ['SUBJECT', 'with a common name', () => made({ subject: parseName(`CN=x,${subject.toRfc4514()}`) }).pem()],
  [
    'SUBJECT',
    'in upper case',
    () => made({ subject: parseName(subject.toRfc4514().replace('Agents', 'AGENTS')) }).pem(),
  ],
  ['KEY', 'for another key', () => made({ subjectKey: stranger.publicKey }).pem()],
  [
    'SIGNATURE',
    'signed by a stranger',
    () => made({ issuer: { privateKey: stranger.privateKey, certificate: authorityRoot } }).pem(),
  ],
  [
    'SIGNATURE',
    'signed by the receiver',
    () => made({ issuer: { privateKey: agentKey.privateKey, certificate: authorityRoot } }).pem(),
  ],
  ['SIGNATURE', 'a bit turned over', () => badlySigned(good).pem()],
  ['CA', 'not a CA', () => made({ ca: false, pathLength: undefined }).pem()],
  ['CA', 'basic constraints not critical', () => inHex(good, '0603551d130101ff', '0603551d13010100').pem()],
  ['CA', 'no basic constraints', () => inHex(good, '0603551d130101ff', '0603551d240101ff').pem()],
  ['KEY_USAGE', 'no key usage', () => made({ keyUsage: undefined }).pem()],
  ['KEY_USAGE', 'signs nothing', () => made({ keyUsage: ['digitalSignature'] }).pem()],
  ['KEY_USAGE', 'key usage not critical', () => inHex(good, '0603551d0f0101ff', '0603551d0f010100').pem()],
  ['NAME_CONSTRAINTS', 'no name constraints', () => made({ nameConstraints: undefined }).pem()],
  ['NAME_CONSTRAINTS', 'permits every name', () => made({ nameConstraints: {} }).pem()],
  ['NAME_CONSTRAINTS', 'not critical', () => inHex(good, '0603551d1e0101ff', '0603551d1e010100').pem()],
  [
    'NAME_CONSTRAINTS',
    'permits another node',
    () => made({ nameConstraints: { permitted: [strangerRoot.subject] } }).pem(),
  ],
  [
    'NAME_CONSTRAINTS',
    'permits two',
    () => made({ nameConstraints: { permitted: [subject, strangerRoot.subject] } }).pem(),
  ],
  [
    'NAME_CONSTRAINTS',
    'permits the whole registry',
    () => made({ nameConstraints: { permitted: [parseName('O=Swaptacular Nodes Registry')] } }).pem(),
  ],
  [
    'NAME_CONSTRAINTS',
    'bars the own name',
    () => made({ nameConstraints: { permitted: [subject], excluded: [subject] } }).pem(),
  ],
  ['EXTENSION', 'no subject key identifier', () => inHex(good, '0603551d0e', '0603551d3e').pem()],
  ['EXTENSION', 'another subject key identifier', () => otherIdentifier('0603551d0e04160414').pem()],
  ['EXTENSION', 'no authority key identifier', () => inHex(good, '0603551d23', '0603551d3e').pem()],
  ['EXTENSION', 'another authority key identifier', () => otherIdentifier('0603551d23041830168014').pem()],
  ['VALIDITY', 'expired', () => made({ validity: { notBefore: 0, notAfter: AT - 1000 } }).pem()],
  ['VALIDITY', 'of tomorrow', () => made({ validity: { notBefore: AT + 1000, notAfter: AT * 2 } }).pem()],
  ['SUBNET', 'no comment', () => made({ netscapeComment: undefined }).pem()],
  ['SUBNET', 'an empty comment', () => made({ netscapeComment: '' }).pem()],
  ['SUBNET', 'too few digits', () => made({ netscapeComment: 'Subnet: 00001' }).pem()],
  ['SUBNET', 'too many for a creditors agent', () => made({ netscapeComment: 'Subnet: 0000001' }).pem()],
  ['SUBNET', 'upper case', () => made({ netscapeComment: 'Subnet: 00000A' }).pem()],
  ['SUBNET', 'something after it', () => made({ netscapeComment: 'Subnet: 000001\n' }).pem()],
  ['SUBNET', 'something before it', () => made({ netscapeComment: 'My Subnet: 000001' }).pem()],
])('PEER_CERTIFICATE_%s: %s', (code, _, pem) => {
  expect(codeOf(pem())).toBe(`PEER_CERTIFICATE_${code}`);
});

test.each(['Subnet: 000001', 'Subnet: 1111abcd00', 'Subnet: 0000ab', 'Subnet: 0000abcd000000000'])(
  'PEER_CERTIFICATE_SUBNET: a debtors agent is not allotted %j by 0000abcd',
  (netscapeComment) => {
    const one = peerCertificateOf({ root: authorityRoot, key }, debtorsRoot, { netscapeComment });
    expect(codeOf(one.pem(), authorityRoot, debtorsRoot)).toBe('PEER_CERTIFICATE_SUBNET');
  },
);
