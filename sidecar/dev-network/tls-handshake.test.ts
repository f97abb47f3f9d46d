import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { X500Name } from '../certificates/x500-name';
import { systemClock } from '../lib/clock';
import { chainPem, type Credential } from './credential';
import { settingsAt } from './dev-network';
import { issueAuthority, issueIdentity, issueNodeCa, issueTls } from './issue-corda';
import { issueOddTls, type OddTlsKind } from './odd-tls';

// A TLS stack looks at its own clock.
const settings = settingsAt(systemClock, randomBytes);
const authority = issueAuthority(settings);
const [nameA, nameB] = ['O=Party A, L=London, C=GB', 'O=Party B, L=New York, C=US'].map((name) =>
  X500Name.parse(name),
) as [X500Name, X500Name];
const nodeCaA = issueNodeCa(authority.doorman, nameA, settings);
const nodeA = {
  nodeCa: nodeCaA,
  tls: issueTls(nodeCaA, settings),
  identity: issueIdentity(nodeCaA, 'ed25519', settings),
};
const tlsB = issueTls(issueNodeCa(authority.doorman, nameB, settings), settings);

function tlsOptions({ privateKey, chain }: Credential): { key: string; cert: string; ca: string } {
  // The root comes from what is trusted, never from the chain that is presented.
  return {
    key: privateKey,
    cert: chainPem(chain.length === 1 ? chain : chain.slice(0, -1)),
    ca: chainPem(authority.root.chain),
  };
}

/** B as the server, the client with a credential: what B says of it, its subject or the code of its refusal. */
async function shakeHands(client: Credential): Promise<string> {
  const server = createServer({ ...tlsOptions(tlsB), requestCert: true, rejectUnauthorized: false });
  const verdict = new Promise<string>((resolve) => {
    server.on('secureConnection', (socket: TLSSocket) => {
      resolve(String(socket.authorized ? socket.getPeerCertificate().subject.O : socket.authorizationError));
    });
    server.on('tlsClientError', (error) => resolve(error.message));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const options = { ...tlsOptions(client), host: '127.0.0.1', port, checkServerIdentity: () => undefined };
  const socket = connect(options).on('error', () => undefined);
  try {
    return await verdict;
  } finally {
    socket.destroy();
    server.close();
    await once(server, 'close');
  }
}

test('two nodes shake hands', async () => {
  expect(await shakeHands(nodeA.tls)).toBe('Party A');
});

test.each<[OddTlsKind, unknown]>([
  ['wrong-root', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'],
  ['self-signed', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ['expired', 'CERT_HAS_EXPIRED'],
  ['not-yet-valid', 'CERT_NOT_YET_VALID'],
  // Most versions of Node have no code for a violated name constraint.
  ['other-subject', expect.stringMatching(/^(UNSPECIFIED|PERMITTED_VIOLATION)$/)],
])('a client is refused with a certificate that is odd: %s', async (kind, code) => {
  const odd = issueOddTls(kind, { node: nodeA, otherName: nameB, at: systemClock.now(), random: randomBytes });
  expect(await shakeHands(odd)).toEqual(code);
});

test.each<OddTlsKind>(['issued-by-identity', 'common-name-added', 'no-role'])(
  'a TLS stack alone does not see what is odd: %s',
  async (kind) => {
    const odd = issueOddTls(kind, { node: nodeA, otherName: nameB, at: systemClock.now(), random: randomBytes });
    expect(await shakeHands(odd)).toBe('Party A');
  },
);
