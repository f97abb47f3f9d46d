import { createPrivateKey, createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { KeyPair } from '../certificates/issue';
import { messageOf } from '../lib/errors';
import { AuthorityError } from './authority-error';
import { DatabaseFile } from './database-folder';
import type { DatabaseFolder } from './database-folder';
import type { Root } from './root-certificate';

/** Gives the passphrase of the root's key; asked only where the key has one. */
export type Passphrase = () => Promise<string>;

const SHORTEST_PASSPHRASE = 8;

/** The private key of a root, unlocked, and the root itself. */
export interface RootKey {
  readonly root: Root;
  readonly pair: KeyPair;
}

/**
 * Reads the private key of the own root: PEM as OpenSSL writes it, with a passphrase or without. Throws AuthorityError
 * ROOT_KEY or DATABASE_FILE, and what `passphrase` throws.
 */
export async function unlockRootKey(folder: DatabaseFolder, root: Root, passphrase: Passphrase): Promise<RootKey> {
  const file = DatabaseFile.rootKey;
  const pem = await folder.text(file);
  const key = readKey(pem, pem.includes('ENCRYPTED') ? await passphrase() : undefined, folder.at(file));
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' });
  if (Buffer.compare(publicKey, root.certificate.publicKey) !== 0) {
    throw new AuthorityError(
      'ROOT_KEY',
      `${folder.at(file)} is not the key of ${folder.at(DatabaseFile.rootCertificate)}`,
      {
        remedy: 'put the key there that the root was made with',
      },
    );
  }
  const privateKey = key.export({ format: 'pem', type: 'pkcs8' }).toString();
  return { root, pair: { scheme: 'rsa', publicKey, privateKey } };
}

function readKey(pem: string, passphrase: string | undefined, where: string): KeyObject {
  try {
    return createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase });
  } catch (cause) {
    const isPassphrase = passphrase !== undefined;
    const why = isPassphrase ? 'the passphrase is wrong, or the file is damaged' : messageOf(cause);
    throw new AuthorityError('ROOT_KEY', `${where} cannot be unlocked: ${why}`, {
      remedy: isPassphrase ? 'give the passphrase again' : 'put a private key in PEM there',
      cause,
    });
  }
}

/** PKCS#8 PEM, locked with AES-256 under a passphrase. Throws AuthorityError NODE_INVALID for one that is too short. */
export function lockKey(privateKey: string, passphrase: string): string {
  if (passphrase.length < SHORTEST_PASSPHRASE) {
    const what = `the passphrase has fewer than ${SHORTEST_PASSPHRASE} characters`;
    throw new AuthorityError('NODE_INVALID', what, { remedy: 'take a longer one' });
  }
  const options = { format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase } as const;
  return createPrivateKey(privateKey).export(options).toString();
}
