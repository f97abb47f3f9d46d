import { AmqpMap, Described, type AmqpValue } from './amqp-value';
import { CordaMap, CordaObject, type CordaValue } from './corda-value';
import { customClasses, descriptorPrefix } from './custom-classes';
import { CordaBlobError } from './errors';
import { descriptorOf, type CompositeType, type Field, type RestrictedType, type Schema } from './schema';

/** Field types whose values are written in place, so that no reference can point to them. */
const primitives = new Set(
  'boolean byte short int long float double char timestamp uuid binary string symbol ubyte ushort uint ulong'.split(
    ' ',
  ),
);

/**
 * Turns the value of an envelope into objects by field name. A reference gives the very object that it points to.
 * @throws CordaBlobError CORDA_BLOB_OBJECT or CORDA_BLOB_UNKNOWN_TYPE
 */
export function readObjects(value: AmqpValue, schema: Schema): CordaValue {
  return new ObjectReader(schema).value(value);
}

class ObjectReader {
  /** What references count: objects, collections and text in the order in which they were completed. */
  private readonly history: CordaValue[] = [];

  constructor(private readonly schema: Schema) {}

  value(value: AmqpValue): CordaValue {
    if (value instanceof Described && value.descriptor === descriptorOf.referencedObject)
      return this.referenced(value.value);
    const result = value instanceof Described ? this.described(value) : plain(value);
    if (
      typeof result === 'string' ||
      (typeof result === 'object' && result !== null && !(result instanceof Uint8Array))
    ) {
      this.history.push(result);
    }
    return result;
  }

  private referenced(index: AmqpValue): CordaValue {
    const result = typeof index === 'number' ? this.history[index] : undefined;
    if (result === undefined) throw misfit('a reference points to no object that was read before it');
    return result;
  }

  private described({ descriptor, value }: Described): CordaValue {
    if (typeof descriptor !== 'string') throw unknownType(`descriptor 0x${descriptor.toString(16)}`);
    const type = this.schema.get(descriptor);
    if (type?.kind === 'composite') return this.composite(type, value);
    if (type?.kind === 'restricted') return this.restricted(type, value);
    const name = descriptor.startsWith(descriptorPrefix) ? descriptor.slice(descriptorPrefix.length) : '';
    const form = Object.hasOwn(customClasses, name) ? customClasses[name] : undefined;
    if (form === undefined) throw unknownType(JSON.stringify(descriptor));
    if (form === 'binary') return bytesObject(name, value);
    const names = form.map(([field]) => field);
    return fieldsObject(name, names, value);
  }

  private composite(type: CompositeType, value: AmqpValue): CordaObject {
    if (!Array.isArray(value) || value.length !== type.fields.length) {
      throw misfit(`an object of ${type.name} does not have the ${type.fields.length} fields of its type`);
    }
    const fields = type.fields.map((field, index) => [field.name, this.field(field, value[index] ?? null)] as const);
    return new CordaObject(type.name, new Map(fields));
  }

  private field(field: Field, value: AmqpValue): CordaValue {
    return primitives.has(field.type) ? plain(value) : this.value(value);
  }

  private restricted(type: RestrictedType, value: AmqpValue): CordaValue {
    if (type.choices.length > 0) return choice(type, value);
    if (type.source === 'map') {
      if (!(value instanceof AmqpMap)) throw misfit(`${type.name} is not written as a map`);
      return new CordaMap(value.entries.map(([key, item]) => [this.value(key), this.value(item)]));
    }
    if (type.source === 'list') {
      if (!Array.isArray(value)) throw misfit(`${type.name} is not written as a list`);
      return value.map((item) => this.value(item));
    }
    return plain(value);
  }
}

function plain(value: AmqpValue): CordaValue {
  if (value instanceof Described || value instanceof AmqpMap || Array.isArray(value)) {
    throw misfit('a list, map or object stands where a plain value should');
  }
  return value;
}

function choice(type: RestrictedType, value: AmqpValue): string {
  const name = Array.isArray(value) ? value[0] : undefined;
  if (typeof name !== 'string' || !type.choices.includes(name)) throw misfit(`no choice of ${type.name} is given`);
  return name;
}

function bytesObject(type: string, value: AmqpValue): CordaObject {
  if (!(value instanceof Uint8Array)) throw misfit(`${type} is not written as bytes`);
  return new CordaObject(type, new Map([['encoded', value]]));
}

function fieldsObject(type: string, names: readonly string[], value: AmqpValue): CordaObject {
  if (!Array.isArray(value) || value.length !== names.length)
    throw misfit(`${type} does not have ${names.length} fields`);
  return new CordaObject(type, new Map(names.map((name, index) => [name, plain(value[index] ?? null)] as const)));
}

function misfit(reason: string): CordaBlobError {
  return new CordaBlobError('CORDA_BLOB_OBJECT', `The blob's content does not fit its schema: ${reason}`);
}

function unknownType(what: string): CordaBlobError {
  return new CordaBlobError('CORDA_BLOB_UNKNOWN_TYPE', `The blob holds a value of an unknown type: ${what}`);
}
