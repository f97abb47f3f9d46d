import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createPrivateKey } from 'node:crypto';
import { parseCertificates } from '../../certificates/certificate';
import { STORES } from '../../plan/corda-acceptors';
import type { StoreContents } from '../../render/stores';

/**
 * What the stores in a broker's instance folder hold: what a broker that runs elsewhere knows the node by, until it has
 * read others. Undefined where they are not there, or cannot be read: then there is nothing that it could have read.
 */
export async function installedStores(instance: string): Promise<StoreContents | undefined> {
  const text = (path: string): Promise<string> => readFile(join(instance, path), 'utf8');
  try {
    const [node, ownCertificate, roots] = await Promise.all([
      text(STORES.node),
      text(STORES.ownCertificate),
      text(STORES.roots),
    ]);
    const nodeKey = createPrivateKey(node).export({ type: 'pkcs8', format: 'pem' }).toString();
    const chain = parseCertificates(node).map((one) => one.pem());
    const [own] = parseCertificates(ownCertificate);
    return own === undefined ? undefined : { nodeKey, nodeChain: chain.join(''), ownCertificate: own.pem(), roots };
  } catch {
    return undefined;
  }
}
