import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openVerifiedSocket } from '../../broker/amqp/verified-socket';
import { InstanceFiles } from '../../broker/reconcile/instance-files';
import { StoresBefore, type StoreBefore } from '../../broker/reconcile/stores-before';
import { parseCertificates, type Certificate } from '../../certificates/certificate';
import type { Config } from '../../config/config';
import { STORES } from '../../plan/corda-acceptors';
import type { StoreContents } from '../../render/stores';
import { reachable } from '../broker-access';

const SHOWN_MS = 10_000;
const SECRET: readonly string[] = [STORES.node, STORES.rpc];

/** Where the stores of before are kept while others are installed into a broker that runs elsewhere. */
export function storesBefore({ state }: Config): StoresBefore {
  return new StoresBefore(join(state, 'stores-before.json'));
}

/**
 * What a broker that runs elsewhere has read: what its stores hold or, where a sidecar was killed before it had the broker
 * read them, those of before. These are put back into the folder then, so that what is new is installed once more.
 * Undefined where there is nothing that it could have read.
 */
export async function brokerStores(config: Config): Promise<StoreContents | undefined> {
  const { instance } = config.broker;
  const before = storesBefore(config);
  const kept = await before.read();
  if (kept === undefined) return installedStores(instance);
  const shown = await shownCertificate(config);
  // A broker that does not run reads the new ones when it starts.
  if (shown === undefined) return installedStores(instance);
  const own = kept.find(({ path }) => path === STORES.ownCertificate);
  const hasRead = own !== undefined && parseCertificates(own.content)[0]?.fingerprint !== shown;
  const read = hasRead ? await installedStores(instance) : undefined;
  await putBack(kept, instance);
  return read ?? installedStores(instance);
}

async function putBack(kept: readonly StoreBefore[], instance: string): Promise<void> {
  const files = new InstanceFiles(instance, true);
  for (const { path, content } of kept) await files.write(path, content, SECRET.includes(path));
}

/** Fingerprint of what the broker shows to the node itself; undefined where nobody answers. */
async function shownCertificate({ management }: Config): Promise<string | undefined> {
  let shown: string | undefined;
  const verify = ([leaf]: readonly Certificate[]): void => {
    shown = leaf?.fingerprint;
  };
  try {
    const socket = await openVerifiedSocket({ address: reachable(management), tls: { verify }, timeoutMs: SHOWN_MS });
    socket.on('error', () => undefined);
    socket.destroy();
  } catch {
    // Who shows a certificate and then lets nobody in has shown it all the same.
  }
  return shown;
}

/** What the stores in a broker's instance folder hold; undefined where they are not there, or cannot be read. */
async function installedStores(instance: string): Promise<StoreContents | undefined> {
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
