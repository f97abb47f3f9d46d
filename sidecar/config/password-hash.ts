import { pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(pbkdf2);

/** Costs the broker some 50 ms a login. */
const ITERATIONS = 200_000;
const SALT_BYTES = 32;
/** One block of SHA-1: a longer one would cost the broker more and an attacker, who needs only one block, nothing. */
const KEY_BYTES = 20;
const FORM = /^ENC\((\d{1,8}):((?:[0-9A-Fa-f]{2}){8,128}):((?:[0-9A-Fa-f]{2}){16,128})\)$/;

/** The range of iterations that a user file may ask for: fewer protect nothing, more stop the broker. */
export const ITERATION_LIMITS = { least: 1000, most: 5_000_000 } as const;

/** Fresh random salt; a parameter so that tests may fix it. */
export type SaltSource = (bytes: number) => Uint8Array;

/**
 * The hash of a password as the broker's properties login module takes it:
 * `ENC(ITERATIONS:SALT:HASH)`, PBKDF2 with HMAC-SHA-1, salt and hash in upper-case hexadecimal.
 */
export async function hashPassword(password: string, salt: SaltSource = randomBytes): Promise<string> {
  const bytes = salt(SALT_BYTES);
  const key = await derive(password, bytes, ITERATIONS, KEY_BYTES, 'sha1');
  return `ENC(${ITERATIONS}:${hex(bytes)}:${hex(key)})`;
}

/** Whether the broker would let this password in. False too where `hash` is not of the form that `hashPassword` writes. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const parts = FORM.exec(hash);
  const iterations = iterationsOf(hash);
  if (parts === null || iterations === undefined || iterations < 1 || iterations > ITERATION_LIMITS.most) return false;
  const expected = Buffer.from(parts[3] ?? '', 'hex');
  const key = await derive(password, Buffer.from(parts[2] ?? '', 'hex'), iterations, expected.length, 'sha1');
  return timingSafeEqual(key, expected);
}

/** The number of iterations that a hash asks for; undefined where it is not of the right form. */
export function iterationsOf(hash: string): number | undefined {
  const parts = FORM.exec(hash);
  return parts === null ? undefined : Number(parts[1]);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').toUpperCase();
}
