import { X500Name } from '../certificates/x500-name';
import { cordaName } from '../certificates/corda-name';
import { CordaMap, CordaObject, type CordaValue } from './corda-blob/corda-value';
import {
  bytesField,
  intField,
  longField,
  mapOf,
  objectOf,
  optionalText,
  textField,
  wrongShape,
} from './corda-blob/fields';
import type { Instant } from './instant';

const sha256 = 'net.corda.core.crypto.SecureHash$SHA256';
const x500Name = 'net.corda.core.identity.CordaX500Name';
const publicKey = 'java.security.PublicKey';

/** The values that several documents have, between Corda's classes and ours. Readers throw CordaBlobError. */
export function hashToCorda(hash: string): CordaObject {
  return cordaObject(sha256, { bytes: Buffer.from(hash, 'hex') });
}

export function hashFromCorda(value: CordaValue): string {
  const bytes = bytesField(objectOf(value, sha256), 'bytes');
  if (bytes.length !== 32) throw wrongShape(`a hash of SHA-256 has ${bytes.length} bytes`);
  return Buffer.from(bytes).toString('hex').toUpperCase();
}

export function instantToCorda({ seconds, nanos }: Instant): CordaObject {
  return cordaObject('java.time.Instant', { epochSeconds: BigInt(seconds), nanos });
}

export function instantFromCorda(value: CordaValue): Instant {
  const instant = objectOf(value, 'java.time.Instant');
  return { seconds: Number(longField(instant, 'epochSeconds')), nanos: intField(instant, 'nanos') };
}

/** Milliseconds. */
export function durationToCorda(milliseconds: number): CordaObject {
  const seconds = Math.floor(milliseconds / 1_000);
  const nanos = (milliseconds - seconds * 1_000) * 1_000_000;
  return cordaObject('java.time.Duration', { nanos, seconds: BigInt(seconds) });
}

/** Milliseconds; a part of one is cut. */
export function durationFromCorda(value: CordaValue): number {
  const duration = objectOf(value, 'java.time.Duration');
  return Number(longField(duration, 'seconds')) * 1_000 + Math.floor(intField(duration, 'nanos') / 1_000_000);
}

export function publicKeyToCorda(spki: Uint8Array): CordaObject {
  return cordaObject(publicKey, { encoded: spki });
}

export function publicKeyFromCorda(value: CordaValue): Uint8Array {
  return bytesField(objectOf(value, publicKey), 'encoded');
}

/** @throws X500NameError for a name that Corda does not allow */
export function nameToCorda(name: X500Name): CordaObject {
  const { commonName = null, organisationUnit = null, state = null, ...required } = cordaName(name);
  return cordaObject(x500Name, { ...required, commonName, organisationUnit, state });
}

/** @throws CordaBlobError, X500NameError */
export function nameFromCorda(value: CordaValue): X500Name {
  const name = objectOf(value, x500Name);
  const parts: [string, string | undefined][] = [
    ['CN', optionalText(name, 'commonName')],
    ['OU', optionalText(name, 'organisationUnit')],
    ['O', textField(name, 'organisation')],
    ['L', textField(name, 'locality')],
    ['ST', optionalText(name, 'state')],
    ['C', textField(name, 'country')],
  ];
  return X500Name.of(parts.flatMap(([type, value]) => (value === undefined ? [] : [{ type, value }])));
}

export function textMapToCorda<Value>(
  map: ReadonlyMap<string, Value>,
  convert: (value: Value) => CordaValue,
): CordaMap {
  return new CordaMap([...map].map(([key, value]) => [key, convert(value)] as const));
}

export function textMapFromCorda<Value>(value: CordaValue, convert: (value: CordaValue) => Value): Map<string, Value> {
  const result = new Map<string, Value>();
  for (const [key, item] of mapOf(value).entries) {
    if (typeof key !== 'string') throw wrongShape('a key of a map is not text');
    if (result.has(key)) throw wrongShape(`a map has the key ${JSON.stringify(key)} twice`);
    result.set(key, convert(item));
  }
  return result;
}

/** An object of a class with these fields. */
export function cordaObject(type: string, fields: Readonly<Record<string, CordaValue>>): CordaObject {
  return new CordaObject(type, new Map(Object.entries(fields)));
}
