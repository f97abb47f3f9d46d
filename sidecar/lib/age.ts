import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  scrypt,
  timingSafeEqual,
} from 'node:crypto';
import { NetmapError } from './errors';

/** AGE_FORMAT: no file of this kind, or damaged. AGE_PASSPHRASE: it does not open with this passphrase. */
export class AgeError extends NetmapError<'AGE_FORMAT' | 'AGE_PASSPHRASE'> {}

const VERSION = 'age-encryption.org/v1';
const SCRYPT_LABEL = `${VERSION}/scrypt`;
const CHUNK = 65_536;
const TAG = 16;
const FILE_KEY = 16;
/** As age itself: a second and 256 MiB for each try. */
const WORK = 18;
const MOST_WORK = 20;
const ZERO_NONCE = Buffer.alloc(12);

/**
 * Encrypts by a passphrase in the format of age (age-encryption.org/v1), so that `age -d` opens it without this product.
 * The published implementation for Node is an ES module alone, which this product cannot load.
 */
export async function encryptAge(plain: Uint8Array, passphrase: string, work = WORK): Promise<Buffer> {
  const fileKey = randomBytes(FILE_KEY);
  const salt = randomBytes(16);
  const wrapped = seal(await keyOf(passphrase, salt, work), ZERO_NONCE, fileKey);
  const head = `${VERSION}\n-> scrypt ${base64(salt)} ${work}\n${base64(wrapped)}\n---`;
  const nonce = randomBytes(16);
  const key = derived(fileKey, nonce, 'payload');
  const chunks: Buffer[] = [];
  for (let start = 0; start === 0 || start < plain.length; start += CHUNK) {
    const isLast = start + CHUNK >= plain.length;
    chunks.push(seal(key, chunkNonce(start / CHUNK, isLast), plain.subarray(start, start + CHUNK)));
  }
  return Buffer.concat([Buffer.from(`${head} ${base64(headerMac(fileKey, head))}\n`), nonce, ...chunks]);
}

export function isAge(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, VERSION.length + 1)).toString('latin1') === `${VERSION}\n`;
}

/** @throws AgeError (as a rejection) */
export async function decryptAge(bytes: Uint8Array, passphrase: string): Promise<Buffer> {
  const { head, mac, salt, work, wrapped, payload } = parse(Buffer.from(bytes));
  const fileKey = open(await keyOf(passphrase, salt, work), ZERO_NONCE, wrapped);
  if (fileKey?.length !== FILE_KEY)
    throw new AgeError('AGE_PASSPHRASE', 'the passphrase is not the one that it was encrypted with', {
      remedy: 'give the passphrase again',
    });
  if (!timingSafeEqual(headerMac(fileKey, head), mac)) throw damaged('its head was changed');
  const key = derived(fileKey, payload.subarray(0, 16), 'payload');
  const sealed = payload.subarray(16);
  const chunks: Buffer[] = [];
  for (let start = 0, count = 0; start === 0 || start < sealed.length; start += CHUNK + TAG, count += 1) {
    const isLast = start + CHUNK + TAG >= sealed.length;
    const chunk = open(key, chunkNonce(count, isLast), sealed.subarray(start, start + CHUNK + TAG));
    if (chunk === undefined) throw damaged(`something in it is missing or was changed, behind byte ${start}`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const HEAD =
  /^(age-encryption\.org\/v1\n-> scrypt ([A-Za-z0-9+/]{22}) ([1-9][0-9]?)\n([A-Za-z0-9+/]{43})\n---) ([A-Za-z0-9+/]{43})\n/;
const MOST_HEAD = 512;

function parse(bytes: Buffer) {
  const match = HEAD.exec(bytes.subarray(0, MOST_HEAD).toString('latin1'));
  if (match === null) throw damaged('it was not encrypted by a passphrase, or is cut off');
  const [whole, head = '', salt = '', work = '', wrapped = '', mac = ''] = match;
  if (Number(work) > MOST_WORK) throw damaged('opening it would take more memory than is sensible');
  const payload = bytes.subarray(whole.length);
  if (payload.length < 16 + TAG) throw damaged('it is cut off');
  const decode = (text: string): Buffer => Buffer.from(text, 'base64');
  return { head, mac: decode(mac), salt: decode(salt), work: Number(work), wrapped: decode(wrapped), payload };
}

function keyOf(passphrase: string, salt: Buffer, work: number): Promise<Buffer> {
  const N = 2 ** work;
  const options = { N, r: 8, p: 1, maxmem: 256 * N * 8 };
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, key: Buffer): void => (error === null ? resolve(key) : reject(error));
    scrypt(passphrase, Buffer.concat([Buffer.from(SCRYPT_LABEL), salt]), 32, options, done);
  });
}

function derived(fileKey: Buffer, salt: Uint8Array, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', fileKey, salt, info, 32));
}

function headerMac(fileKey: Buffer, head: string): Buffer {
  return createHmac('sha256', derived(fileKey, Buffer.alloc(0), 'header'))
    .update(head)
    .digest();
}

function chunkNonce(count: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(count, 5, 6);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

function seal(key: Buffer, nonce: Buffer, plain: Uint8Array): Buffer {
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG });
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Undefined when it was not sealed by this key, or was changed. */
function open(key: Buffer, nonce: Buffer, sealed: Buffer): Buffer | undefined {
  if (sealed.length < TAG) return undefined;
  const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG });
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG));
  const plain = decipher.update(sealed.subarray(0, sealed.length - TAG));
  try {
    return Buffer.concat([plain, decipher.final()]);
  } catch {
    return undefined;
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '');
}

function damaged(why: string): AgeError {
  return new AgeError('AGE_FORMAT', `the encrypted file cannot be opened: ${why}`, {
    remedy: 'take another copy of it',
  });
}
