import type { DocumentSigner } from '../../../sidecar/network-map/sign-document';

/**
 * Gives what was given for the same key before: the reading, verifying and signing of the same bytes under the same
 * roots, which a thousand histories would do again and again. No certificate of theirs ever ends.
 */
export function remembered<Args extends readonly unknown[], Result>(
  run: (...args: Args) => Promise<Result>,
  keyOf: (...args: Args) => string,
): (...args: Args) => Promise<Result> {
  const known = new Map<string, Promise<Result>>();
  return (...args) => {
    const key = keyOf(...args);
    const result = known.get(key) ?? run(...args);
    known.set(key, result);
    return result;
  };
}

export const bytesKey = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');

/** Tells one signer from another. */
export const signerKey = ({ chain }: DocumentSigner): string => chain[0].subject.toCorda() + bytesKey(chain[0].der);
