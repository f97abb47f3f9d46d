import { createPrivateKey, createPublicKey } from 'node:crypto';
import { verifySignature } from '../certificates/keys';
import type { Certificate } from '../certificates/certificate';
import { AuthorityError } from './authority-error';
import { readSigningRequest } from './certificate-request';
import { rootKeyFault } from './certificate-fields';
import { issueNext } from './certificate-register';
import { DatabaseFile, DatabaseFolder } from './database-folder';
import { issueServer } from './issue-certificates';
import type { AuthorityTools } from './issue-certificates';
import { readOwnRoot } from './read-database';
import type { Root } from './root-certificate';
import { unlockRootKey } from './root-key';
import type { Passphrase } from './root-key';
import { putFile, withDatabaseLock } from './write-database';

export const SERVER_DAYS = 365;
const MOST_DAYS = 3650;

export interface ServerCertificateOptions {
  /** How long it is valid; 365 unless given. */
  readonly days?: number;
  /** A new certificate for the key that is there already, in place of the old one. */
  readonly renew?: boolean;
}

/**
 * Makes a key and a certificate for the node's own servers, as server.key (without a passphrase, mode 0600) and
 * server.crt in the database's folder; with `renew` the key stays. Throws AuthorityError.
 */
export async function makeServerCertificate(
  path: string,
  passphrase: Passphrase,
  { days = SERVER_DAYS, renew = false }: ServerCertificateOptions,
  tools: AuthorityTools,
): Promise<Certificate> {
  const folder = new DatabaseFolder(path);
  checkDays(days);
  const own = await readOwnRoot(folder);
  return withDatabaseLock(folder, async () => {
    const isThere = await folder.has(DatabaseFile.serverKey);
    if (isThere && !renew) {
      throw new AuthorityError('DATABASE_EXISTS', `${folder.at(DatabaseFile.serverKey)} is there already`, {
        remedy: 'ask for renewal, which keeps the key, or move it away for a new one',
      });
    }
    const rootKey = await unlockRootKey(folder, own, passphrase);
    const privateKey = renew ? await folder.text(DatabaseFile.serverKey) : tools.generateKey().privateKey;
    const publicKey = publicKeyOf(privateKey, folder.at(DatabaseFile.serverKey));
    const at = tools.clock.now();
    const certificate = await issueNext(folder, (serial) => issueServer(rootKey, publicKey, days, { serial, at }));
    // The certificate comes last: with its key alone nothing is served, and the two always fit.
    await putFile(folder.at(DatabaseFile.serverKey), privateKey, 0o600);
    await putFile(folder.at(DatabaseFile.serverCertificate), certificate.pem());
    return certificate;
  });
}

/** Signs a request (PEM) for a server whose key was made elsewhere; nothing but the register is written. Throws AuthorityError. */
export async function signServerRequest(
  path: string,
  passphrase: Passphrase,
  request: { readonly pem: string; readonly where: string; readonly days?: number },
  tools: AuthorityTools,
): Promise<Certificate> {
  const folder = new DatabaseFolder(path);
  const { pem, where, days = SERVER_DAYS } = request;
  checkDays(days);
  const own = await readOwnRoot(folder);
  const publicKey = requestedKey(pem, where, own);
  return withDatabaseLock(folder, async () => {
    const rootKey = await unlockRootKey(folder, own, passphrase);
    const at = tools.clock.now();
    return issueNext(folder, (serial) => issueServer(rootKey, publicKey, days, { serial, at }));
  });
}

function checkDays(days: number): void {
  if (Number.isInteger(days) && days >= 1 && days <= MOST_DAYS) return;
  throw new AuthorityError('NODE_INVALID', `a server certificate cannot be valid for ${days} days`, {
    remedy: `give 1 to ${MOST_DAYS}; short is better, as nothing revokes it`,
  });
}

function publicKeyOf(privateKey: string, where: string): Uint8Array {
  try {
    return createPublicKey(createPrivateKey(privateKey)).export({ format: 'der', type: 'spki' });
  } catch (cause) {
    throw new AuthorityError('DATABASE_INVALID', `${where} is not a private key without a passphrase`, {
      remedy: 'move it away for a new one',
      cause,
    });
  }
}

function requestedKey(pem: string, where: string, own: Root): Uint8Array {
  const refuse = (why: string, cause?: unknown): AuthorityError =>
    new AuthorityError('NODE_INVALID', `${where}: ${why}`, {
      remedy: `make one for the subject ${own.certificate.subject.toRfc4514()}, with an RSA key`,
      cause,
    });
  const { subject, publicKey, signatureAlgorithm, signedBytes, signature } = readSigningRequest(pem, refuse);
  if (!subject.matches(own.certificate.subject)) throw refuse(`its subject is ${subject.toRfc4514()}, not this node's`);
  const fault = rootKeyFault(publicKey);
  if (fault !== undefined) throw refuse(fault);
  if (verifySignature(publicKey, signatureAlgorithm, signedBytes, signature)) return publicKey;
  throw refuse('it was not signed with its own key (SHA-256 with RSA)');
}
