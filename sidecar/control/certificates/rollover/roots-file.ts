import { stat } from 'node:fs/promises';
import type { Certificate } from '../../../certificates/certificate';
import { cordaRoleOf } from '../../../certificates/corda-roles';
import { verifyChain } from '../../../certificates/chain';
import { verifySignature } from '../../../certificates/keys';
import type { Config } from '../../../config/config';
import { writeFileAtomic } from '../../../lib/atomic-file';
import { messageOf, NetmapError } from '../../../lib/errors';
import { readChain } from '../../node-material';
import { NodeError } from '../../node-error';
import { RolloverError } from './rollover-error';

/** Characters of a fingerprint that are shown, and the least by which one is named. */
export const SHORT = 16;
const LEAST = 8;

/** The roots of the configuration, in the order of their file. Throws NodeError or ConfigError. */
export async function readRoots({ node, certificates }: Config): Promise<readonly Certificate[]> {
  if (node.authority !== undefined)
    throw new NodeError('NODE_CHAIN', 'in a Swaptacular network the root is who the node is, and does not change', {
      remedy: 'another root is another node: netmap ca init in another folder, then the exchange with each peer',
    });
  return readChain(certificates.roots);
}

/** The one that the network changes to: that which is valid since last, and of those the last of the file. */
export function newestOf(roots: readonly Certificate[]): Certificate | undefined {
  return roots.reduce<Certificate | undefined>(
    (newest, one) => (newest === undefined || one.notBefore >= newest.notBefore ? one : newest),
    undefined,
  );
}

/** The root that is meant by the first characters of its fingerprint. Throws RolloverError. */
export function rootNamed(fingerprint: string, roots: readonly Certificate[]): Certificate {
  const wanted = fingerprint.toLowerCase().replaceAll(':', '');
  const found = wanted.length < LEAST ? [] : roots.filter((one) => one.fingerprint.startsWith(wanted));
  const [one] = found;
  if (one !== undefined && found.length === 1) return one;
  throw new RolloverError('ROLLOVER_ARGUMENT', `${fingerprint} is the fingerprint of no trusted root`, {
    remedy: `give ${LEAST} characters or more of one of these: ${roots.map(shortOf).join(', ')}`,
  });
}

export function shortOf({ fingerprint }: Certificate): string {
  return fingerprint.slice(0, SHORT);
}

/** The one root of a file, good to be trusted as such from now on. Throws RolloverError, NodeError or ConfigError. */
export async function readNewRoot(file: string, roots: readonly Certificate[], now: number): Promise<Certificate> {
  const refuse = (why: string, cause?: unknown): RolloverError =>
    new RolloverError('ROLLOVER_ROOT', `${file} is not taken as a root: ${why}`, {
      remedy: "give the network's new root certificate alone, in PEM, as its operator has published it",
      ...(cause === undefined ? {} : { cause }),
    });
  const [root, ...more] = await readChain(file);
  if (root === undefined || more.length > 0) throw refuse(`it holds ${more.length + 1} certificates`);
  if (roots.some((one) => one.equals(root))) throw refuse('it is trusted already');
  if (!root.isSelfIssued || !root.isCa) throw refuse(`${root.subject.toCorda()} is not a CA that issued itself`);
  if (root.keyUsage?.includes('keyCertSign') === false) throw refuse('its key may not sign certificates');
  try {
    const role = cordaRoleOf(root);
    if (role !== undefined) throw refuse(`it has the role ${role}, and a root has none`);
    if (!verifySignature(root.publicKey, root.signatureAlgorithm, root.signedBytes, root.signature))
      throw refuse('its own key did not sign it');
    verifyChain({ chain: [root], roots: [root], at: now, leaf: root });
  } catch (error) {
    if (error instanceof RolloverError || !(error instanceof NetmapError)) throw error;
    throw refuse(messageOf(error), error);
  }
  return root;
}

/** Puts these in the place of the roots; mode as it was. */
export async function writeRoots({ certificates }: Config, roots: readonly Certificate[]): Promise<void> {
  const { mode } = await stat(certificates.roots);
  await writeFileAtomic(certificates.roots, roots.map((one) => one.pem()).join(''), { mode: mode & 0o777 });
}
