import { createHash } from 'node:crypto';

const hashText = /^[0-9A-F]{64}$/;

/** SHA-256, upper-case hex: how network maps name documents, by their raw bytes. */
export function hashOf(raw: Uint8Array): string {
  return createHash('sha256').update(raw).digest('hex').toUpperCase();
}

/** Whether a text is what `hashOf` gives. */
export function isHash(text: string): boolean {
  return hashText.test(text);
}
