import { readFile } from 'node:fs/promises';
import type { ProbeClient } from '../broker/probe/run-matrix';
import { parseCertificates } from '../certificates/certificate';
import { generateKeyPair, issueCertificate } from '../certificates/issue';
import { X500Name } from '../certificates/x500-name';
import { ConfigError } from '../config/config-error';
import { readSecret } from '../config/read-secret';
import type { Clock } from '../lib/clock';
import { messageOf } from '../lib/errors';
import { peerId, type Peer } from '../network/peer';
import { SYSTEM_USERS } from '../plan/roles';
import type { NodeMaterial } from './node-material';

export interface ProbeClientInput {
  readonly material: NodeMaterial;
  readonly peers: readonly Peer[];
  readonly clock: Clock;
  /** An RPC user and the file with the password. */
  readonly user?: string;
  readonly passwordFile?: string;
  /** Files with the TLS key and chain (leaf first) of another node of the map, PEM. */
  readonly peerKey?: string;
  readonly peerChain?: string;
}

const DAY_MS = 86_400_000;

/** Those who try the matrix: the node in each of its parts, nobody, a stranger, and who is given. Throws ConfigError. */
export async function probeClients(input: ProbeClientInput): Promise<ProbeClient[]> {
  const { stores } = input.material;
  const own = { key: stores.nodeKey, chain: stores.nodeChain };
  const system = (user: string): { user: string; password: string } => ({ user, password: user });
  return [
    { name: 'own, as Node', credential: { certificate: 'own', ...system(SYSTEM_USERS.node) }, tls: own },
    { name: 'own, as NodeRPC', credential: { certificate: 'own', ...system(SYSTEM_USERS.nodeRpc) }, tls: own },
    { name: 'own, as Peer', credential: { certificate: 'own', ...system(SYSTEM_USERS.peer) }, tls: own },
    { name: 'no certificate', credential: { certificate: 'none', ...system(SYSTEM_USERS.peer) } },
    {
      name: 'a stranger',
      credential: { certificate: 'stranger', ...system(SYSTEM_USERS.peer) },
      tls: stranger(input.material, input.clock),
    },
    ...(await givenUser(input)),
    ...(await givenPeer(input)),
  ];
}

/** Has the node's own name, and a certificate that nobody of the network issued. */
function stranger({ own }: NodeMaterial, clock: Clock): { key: string; chain: string } {
  const { publicKey, privateKey } = generateKeyPair('p256');
  const certificate = issueCertificate({
    subject: X500Name.parse(own.identities[0].name.toCorda()),
    subjectKey: publicKey,
    issuer: { privateKey },
    validity: { notBefore: clock.now() - DAY_MS, notAfter: clock.now() + DAY_MS },
    serial: 1n,
  });
  return { key: privateKey, chain: certificate.pem() };
}

async function givenUser({ user, passwordFile }: ProbeClientInput): Promise<ProbeClient[]> {
  if (user === undefined && passwordFile === undefined) return [];
  if (user === undefined || passwordFile === undefined) throw incomplete('--user', '--password-file');
  const password = (await readSecret({ file: passwordFile })).reveal();
  return [
    { name: `user ${user}`, credential: { certificate: 'none', user, password } },
    { name: `user ${user}, wrong password`, credential: { certificate: 'none', user, password: `${password}?` } },
  ];
}

async function givenPeer({ peerKey, peerChain, peers }: ProbeClientInput): Promise<ProbeClient[]> {
  if (peerKey === undefined && peerChain === undefined) return [];
  if (peerKey === undefined || peerChain === undefined) throw incomplete('--peer-key', '--peer-chain');
  const key = (await readSecret({ file: peerKey })).reveal();
  const chain = await text(peerChain);
  const [leaf] = parseCertificates(chain);
  const peer = peers.find(({ identities }) => leaf !== undefined && identities[0].name.equals(leaf.subject));
  if (leaf === undefined || peer === undefined) {
    const name = leaf?.subject.toCorda() ?? 'nobody';
    throw ConfigError.because('CONFIG_INVALID', `${peerChain} is of ${name}, who is not on the map`, 'name a peer');
  }
  const name = leaf.subject.toCorda();
  return [SYSTEM_USERS.peer, SYSTEM_USERS.node, SYSTEM_USERS.nodeRpc].map((user) => ({
    name: `${name} as ${user}`,
    credential: { certificate: { peer: peerId(peer) }, user, password: user },
    tls: { key, chain },
  }));
}

function incomplete(one: string, other: string): ConfigError {
  return ConfigError.because('CONFIG_INVALID', `one of ${one} and ${other} is missing`, 'give both, or neither');
}

async function text(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw ConfigError.because('CONFIG_MISSING', `${path} cannot be read: ${messageOf(error)}`, 'check the path');
  }
}
