import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseCertificates, type Certificate } from '../../certificates/certificate';
import { verifyCordaChain } from '../../certificates/corda-roles';
import { DAY_MS } from '../../certificates/forecast';
import type { Config } from '../../config/config';
import { chainPem, type Credential } from '../../dev-network/credential';
import { issueTls } from '../../dev-network/issue-corda';
import { writeFileAtomic } from '../../lib/atomic-file';
import type { Clock } from '../../lib/clock';
import { messageOf } from '../../lib/errors';
import { NodeError } from '../node-error';
import { checkKey } from '../node-material';

export interface RenewTlsInput {
  readonly config: Config;
  /** PEM file of the node CA's key; `node-ca-key.pem` beside the chain unless given. */
  readonly caKey?: string;
  /** How long it is to be valid; never longer than the node CA is. */
  readonly days: number;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
}

export interface RenewedTls {
  readonly certificate: Certificate;
  readonly key: string;
  readonly chain: string;
}

/**
 * Issues a TLS certificate for a new key with the node's own CA, and puts both in place of those that the configuration
 * names; a sidecar that runs takes them in. Nothing is written before it was verified. Throws NodeError, ChainError.
 */
export async function renewTls({ config, caKey, days, clock, random }: RenewTlsInput): Promise<RenewedTls> {
  const { key, chain } = config.certificates;
  if (key.file === undefined)
    throw new NodeError('NODE_KEY_MISMATCH', 'the TLS key comes from the environment, where it cannot be replaced', {
      remedy: 'keep it in a file: certificates.key.file',
    });
  const at = clock.now();
  const nodeCa = await readNodeCa(chain, caKey ?? join(dirname(chain), 'node-ca-key.pem'));
  const notAfter = Math.min(at + days * DAY_MS, ...nodeCa.chain.map((one) => one.notAfter));
  // Other machines' clocks may be behind.
  const notBefore = Math.max(at - DAY_MS, ...nodeCa.chain.map((one) => one.notBefore));
  const renewed = issueTls(nodeCa, { validity: { notBefore, notAfter }, random });
  const [certificate] = renewed.chain;
  const roots = parseCertificates(await textOf(config.certificates.roots));
  verifyCordaChain({ chain: renewed.chain, roots, at, leaf: certificate, roles: ['TLS'] });
  await writeFileAtomic(key.file, renewed.privateKey, { mode: 0o600 });
  await writeFileAtomic(chain, chainPem(renewed.chain));
  return { certificate, key: key.file, chain };
}

async function readNodeCa(chainFile: string, keyFile: string): Promise<Credential> {
  const [, ca, ...above] = parseCertificates(await textOf(chainFile));
  if (ca === undefined)
    throw new NodeError('NODE_CHAIN', `${chainFile} holds no node CA behind the TLS certificate`, {
      remedy: 'give TLS certificate, node CA and so on, leaf first',
    });
  const privateKey = await textOf(keyFile);
  checkKey(privateKey, ca);
  return { privateKey, chain: [ca, ...above] };
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new NodeError('NODE_CHAIN', `${file} cannot be read: ${messageOf(cause)}`, {
      remedy: "name the file of the node CA's key with --ca-key; without one have the network issue a certificate",
      cause,
    });
  }
}
