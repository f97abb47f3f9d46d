import { CordaObject, type CordaValue } from './corda-value';
import { CordaBlobError } from './errors';

/**
 * The object, when it is one of class `type` (type parameters aside).
 * @throws CordaBlobError CORDA_BLOB_SHAPE
 */
export function objectOf(value: CordaValue, type: string): CordaObject {
  if (value instanceof CordaObject && value.type.replace(/<.*$/s, '') === type) return value;
  throw shape(`${type} was expected, not ${value instanceof CordaObject ? value.type : typeof value}`);
}

/** A field by name; the functions after it do the same and check what it holds. All throw CORDA_BLOB_SHAPE. */
export function fieldOf(object: CordaObject, name: string): CordaValue {
  const value = object.fields.get(name);
  if (value === undefined) throw shape(`${object.type} has no field ${name}`);
  return value;
}

export function textField(object: CordaObject, name: string): string {
  const value = fieldOf(object, name);
  if (typeof value !== 'string') throw wrongField(object, name, 'text');
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

/** A list of at most `most` elements. */
export function listField(object: CordaObject, name: string, most: number): CordaValue[] {
  const value = fieldOf(object, name);
  if (!Array.isArray(value)) throw wrongField(object, name, 'a list');
  if (value.length > most) throw shape(`${name} of ${object.type} has ${value.length} elements, of at most ${most}`);
  return value;
}

function wrongField(object: CordaObject, name: string, what: string): CordaBlobError {
  return shape(`${name} of ${object.type} is not ${what}`);
}

function shape(reason: string): CordaBlobError {
  return new CordaBlobError('CORDA_BLOB_SHAPE', `The blob holds something else than it should: ${reason}`);
}
