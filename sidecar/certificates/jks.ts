import { createHash, timingSafeEqual } from 'node:crypto';
import { children, expectTag, readDer, readOid, sequenceOf, Tag } from './der';
import { KeyStoreError } from './key-store-error';

/** One entry of a JKS file, as stored: a key (still protected) with its chain, or a certificate. */
export interface JksEntry {
  readonly alias: string;
  /** EncryptedPrivateKeyInfo of Java's own kind; undefined for a trusted certificate. */
  readonly protectedKey: Uint8Array | undefined;
  /** DER; leaf first, or the one trusted certificate. */
  readonly certificates: readonly Uint8Array[];
}

const MAGIC = 0xfeedfeed;
const DIGEST_SIZE = 20;
const KEY_ENTRY = 1;
const TRUSTED_ENTRY = 2;

export const isJks = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && Buffer.from(bytes.subarray(0, 4)).readUInt32BE() === MAGIC;

/** Reads a JKS file (version 2, X.509 certificates) and checks its digest with the password. Throws KeyStoreError. */
export function readJks(bytes: Uint8Array, password: string): JksEntry[] {
  if (bytes.length < 12 + DIGEST_SIZE) throw damaged();
  const body = Buffer.from(bytes.subarray(0, -DIGEST_SIZE));
  const digest = createHash('sha1').update(passwordBytes(password)).update('Mighty Aphrodite').update(body).digest();
  if (!timingSafeEqual(digest, bytes.subarray(-DIGEST_SIZE))) {
    throw new KeyStoreError('KEY_STORE_PASSWORD', 'the password of the key store is wrong, or the file was changed');
  }
  const version = body.readUInt32BE(4);
  if (version !== 2)
    throw new KeyStoreError(
      'KEY_STORE_UNSUPPORTED',
      `a JKS key store of version ${version}; only version 2 can be read`,
    );
  const reader = new JksReader(body.subarray(8));
  const entries: JksEntry[] = [];
  for (let left = reader.number(); left > 0; left -= 1) entries.push(readEntry(reader));
  return entries;
}

function readEntry(reader: JksReader): JksEntry {
  const kind = reader.number();
  const alias = reader.text();
  reader.take(8);
  if (kind === TRUSTED_ENTRY) return { alias, protectedKey: undefined, certificates: [readCertificate(reader)] };
  if (kind !== KEY_ENTRY)
    throw new KeyStoreError(
      'KEY_STORE_UNSUPPORTED',
      `the entry ${alias} of the key store is of an unknown kind (${kind})`,
    );
  const protectedKey = reader.take(reader.number());
  const certificates: Uint8Array[] = [];
  for (let left = reader.number(); left > 0; left -= 1) certificates.push(readCertificate(reader));
  return { alias, protectedKey, certificates };
}

function readCertificate(reader: JksReader): Uint8Array {
  const type = reader.text();
  if (type !== 'X.509')
    throw new KeyStoreError('KEY_STORE_UNSUPPORTED', `a certificate of the key store is of the kind ${type}`);
  return reader.take(reader.number());
}

class JksReader {
  private position = 0;

  constructor(private readonly bytes: Buffer) {}

  take(length: number): Buffer {
    const end = this.position + length;
    if (end > this.bytes.length) throw damaged();
    const taken = this.bytes.subarray(this.position, end);
    this.position = end;
    return taken;
  }

  number(): number {
    return this.take(4).readUInt32BE();
  }

  text(): string {
    return this.take(this.take(2).readUInt16BE()).toString('utf8');
  }
}

/** Java's own key protection: SHA-1 of password and salt, chained, as a key stream; then a digest to check it. */
const PROTECTION_OID = '1.3.6.1.4.1.42.2.17.1.1';
const SALT_SIZE = 20;

/** Unlocks a key of a JKS entry: PKCS#8 DER. Throws KeyStoreError, DerError for damaged bytes. */
export function unlockJksKey(protectedKey: Uint8Array, password: string): Buffer {
  const [algorithm, data] = children(readDer(protectedKey));
  const oid = readOid(sequenceOf(algorithm, 'the protection of the key')[0], 'the protection of the key');
  if (oid !== PROTECTION_OID)
    throw new KeyStoreError('KEY_STORE_UNSUPPORTED', `a key of the key store is protected by ${oid}`);
  const { content } = expectTag(data, Tag.octetString, 'the protected key');
  if (content.length <= SALT_SIZE + DIGEST_SIZE) throw damaged();
  const key = Buffer.from(content.subarray(SALT_SIZE, -DIGEST_SIZE));
  let block: Uint8Array = content.subarray(0, SALT_SIZE);
  for (let offset = 0; offset < key.length; offset += DIGEST_SIZE) {
    block = createHash('sha1').update(passwordBytes(password)).update(block).digest();
    block.forEach((octet, index) => {
      const at = offset + index;
      if (at < key.length) key[at] = (key[at] ?? 0) ^ octet;
    });
  }
  const check = createHash('sha1').update(passwordBytes(password)).update(key).digest();
  if (timingSafeEqual(check, content.subarray(-DIGEST_SIZE))) return key;
  throw new KeyStoreError('KEY_STORE_PASSWORD', 'the password of a key in the key store is wrong', {
    remedy: 'give the password of the key as well: it is not that of the store',
  });
}

const passwordBytes = (password: string): Buffer => Buffer.from(password, 'utf16le').swap16();

const damaged = (): KeyStoreError => new KeyStoreError('KEY_STORE_INVALID', 'the key store is damaged or cut off');
