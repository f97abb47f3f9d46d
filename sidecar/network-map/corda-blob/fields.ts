import { CordaMap, CordaObject, type CordaValue } from './corda-value';
import { CordaBlobError } from './errors';

/**
 * The object, when it is one of class `type` (type parameters aside).
 * @throws CordaBlobError CORDA_BLOB_SHAPE
 */
export function objectOf(value: CordaValue, type: string): CordaObject {
  if (value instanceof CordaObject && value.type.replace(/<.*$/s, '') === type) return value;
  throw wrongShape(`${type} was expected, not ${value instanceof CordaObject ? value.type : typeof value}`);
}

/** A field by name; the functions after it do the same and check what it holds. All throw CORDA_BLOB_SHAPE. */
export function fieldOf(object: CordaObject, name: string): CordaValue {
  const value = object.fields.get(name);
  if (value === undefined) throw wrongShape(`${object.type} has no field ${name}`);
  return value;
}

export function textField(object: CordaObject, name: string): string {
  const value = fieldOf(object, name);
  if (typeof value !== 'string') throw wrongField(object, name, 'text');
  return value;
}

export function optionalText(object: CordaObject, name: string): string | undefined {
  return fieldOf(object, name) === null ? undefined : textField(object, name);
}

export function booleanField(object: CordaObject, name: string): boolean {
  const value = fieldOf(object, name);
  if (typeof value !== 'boolean') throw wrongField(object, name, 'a boolean');
  return value;
}

export function intField(object: CordaObject, name: string): number {
  const value = fieldOf(object, name);
  if (typeof value !== 'number' || !Number.isInteger(value)) throw wrongField(object, name, 'an int');
  return value;
}

export function longField(object: CordaObject, name: string): bigint {
  const value = fieldOf(object, name);
  if (typeof value !== 'bigint') throw wrongField(object, name, 'a long');
  return value;
}

export function bytesField(object: CordaObject, name: string): Uint8Array {
  const value = fieldOf(object, name);
  if (!(value instanceof Uint8Array)) throw wrongField(object, name, 'bytes');
  return value;
}

/** A list of at most `most` elements; of as many as the blob may hold unless told. */
export function listField(object: CordaObject, name: string, most = Infinity): CordaValue[] {
  const value = fieldOf(object, name);
  if (!Array.isArray(value)) throw wrongField(object, name, 'a list');
  if (value.length > most)
    throw wrongShape(`${name} of ${object.type} has ${value.length} elements, of at most ${most}`);
  return value;
}

/** @throws CordaBlobError CORDA_BLOB_SHAPE when it is no list */
export function listOf(value: CordaValue): CordaValue[] {
  if (!Array.isArray(value)) throw wrongShape('something else stands where a list should');
  return value;
}

/** @throws CordaBlobError CORDA_BLOB_SHAPE when it is no map */
export function mapOf(value: CordaValue): CordaMap {
  if (!(value instanceof CordaMap)) throw wrongShape('something else stands where a map should');
  return value;
}

function wrongField(object: CordaObject, name: string, what: string): CordaBlobError {
  return wrongShape(`${name} of ${object.type} is not ${what}`);
}

/** What is to be thrown for a value that is readable, but not what it should be. */
export function wrongShape(reason: string): CordaBlobError {
  return new CordaBlobError('CORDA_BLOB_SHAPE', `The blob holds something else than it should: ${reason}`);
}
