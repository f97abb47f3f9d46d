import {
  amqpBinary,
  amqpBoolean,
  amqpDescribed,
  amqpDescriptor,
  amqpInt,
  amqpList,
  amqpLong,
  amqpMap,
  amqpNull,
  amqpString,
  amqpSymbol,
  amqpToBuffer,
  amqpUint,
  type AmqpBytes,
} from './amqp-writer';
import { collectionClasses, composedClasses, listOfAnything } from './classes';
import { CordaMap, CordaObject, type CordaValue } from './corda-value';
import { customClasses, descriptorPrefix } from './custom-classes';
import { CordaBlobError } from './errors';
import { descriptorOf } from './schema';
import { magic, section } from './sections';
import { collectionNotation, composedNotation, described } from './type-notation';

const header = Buffer.from([...magic, section.data]);
const loneSurrogate = /\p{Surrogate}/u;
/** Fields of these types are written in place: no reference counts them. */
const primitiveTypes = new Set(['string', 'binary', 'boolean', 'int', 'long']);
const anything = 'java.lang.Object';
const noTransforms = amqpDescribed(amqpDescriptor(descriptorOf.transforms), amqpMap([]));

/**
 * Writes an object of a known class (`composedClasses`) as Corda does, to the byte; so what `decodeCordaBlob` gives for
 * a blob of Corda's becomes that blob again. The very same object in two places is written once, then referred to.
 * @throws CordaBlobError CORDA_BLOB_NOT_WRITABLE
 */
export function encodeCordaBlob(object: CordaObject): Buffer {
  const writer = new ObjectWriter();
  const content = writer.value(object, anything);
  const schema = described('schema', [amqpList([...writer.notations.values()])]);
  const envelope = described('envelope', [content, schema, noTransforms]);
  return amqpToBuffer(envelope, header);
}

class ObjectWriter {
  /**
   * The schema in Corda's order: with its first object, a class comes with all that its fields declare, depth first;
   * classes that only the objects themselves show come when their first object is written.
   */
  readonly notations = new Map<string, AmqpBytes>();

  /** The places of objects in what references count, and how long that is: see `ObjectReader`. */
  private readonly places = new Map<CordaValue, number>();
  private completed = 0;

  /** A value where `type` is declared. */
  value(value: CordaValue, type: string): AmqpBytes {
    const place = this.places.get(value);
    if (place !== undefined) return amqpDescribed(amqpDescriptor(descriptorOf.referencedObject), amqpUint(place));
    const written = this.content(value, type);
    if (isObject(value)) this.places.set(value, this.completed);
    if (isObject(value) || typeof value === 'string') this.completed += 1;
    return written;
  }

  private content(value: CordaValue, type: string): AmqpBytes {
    if (value === null) return amqpNull;
    if (value instanceof CordaObject) {
      const isFit = [anything, value.type, known(composedClasses, value.type)?.parent].includes(type);
      if (!isFit) throw notWritable(`${value.type} cannot stand where ${type} is asked for`);
      return this.object(value);
    }
    if (!isObject(value)) return primitive(value, type);
    return this.collection(value, type === anything ? listOfAnything : type);
  }

  private object({ type, fields }: CordaObject): AmqpBytes {
    const field = (name: string): CordaValue => {
      const value = fields.get(name);
      if (value === undefined) throw notWritable(`${type} has no field ${name}`);
      return value;
    };
    const custom = known(customClasses, type);
    if (custom === 'binary') return instance(type, primitive(field('encoded'), 'binary'));
    if (custom !== undefined) {
      return instance(type, amqpList(custom.map(([name, declared]) => primitive(field(name), declared))));
    }
    const composed = known(composedClasses, type);
    if (composed === undefined) throw notWritable(`the class ${type} is not known`);
    this.declare(type);
    const items = composed.fields.map(({ name, type: declared, isOptional = false }) => {
      const value = field(name);
      if (value === null && !isOptional) throw notWritable(`${name} of ${type} is missing`);
      return value !== null && primitiveTypes.has(declared) ? primitive(value, declared) : this.value(value, declared);
    });
    return instance(composed.fingerprint, amqpList(items));
  }

  private collection(value: CordaMap | CordaValue[], type: string): AmqpBytes {
    const collection = known(collectionClasses, type);
    const [first = anything, second = anything] = collection?.of ?? [];
    this.declare(type);
    if (collection?.source === 'list' && Array.isArray(value)) {
      return instance(collection.fingerprint, amqpList(value.map((item) => this.value(item, first))));
    }
    if (collection?.source === 'map' && value instanceof CordaMap) {
      const items = value.entries.flatMap(([key, item]) => [this.value(key, first), this.value(item, second)]);
      return instance(collection.fingerprint, amqpMap(items));
    }
    throw notWritable(`${type} is not given as such`);
  }

  private declare(type: string): void {
    if (this.notations.has(type)) return;
    const composed = known(composedClasses, type);
    const collection = known(collectionClasses, type);
    if (composed !== undefined) this.notations.set(type, composedNotation(type, composed));
    if (collection !== undefined) this.notations.set(type, collectionNotation(type, collection));
    for (const each of composed?.fields.map((field) => field.type) ?? collection?.of ?? []) this.declare(each);
  }
}

/** Whether references can point to it. */
function isObject(value: CordaValue): value is CordaObject | CordaMap | CordaValue[] {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array);
}

function instance(name: string, content: AmqpBytes): AmqpBytes {
  return amqpDescribed(amqpSymbol(descriptorPrefix + name), content);
}

function primitive(value: CordaValue, type: string): AmqpBytes {
  if (type === 'string' && typeof value === 'string' && !loneSurrogate.test(value)) return amqpString(value);
  if (type === 'binary' && value instanceof Uint8Array) return amqpBinary(value);
  if (type === 'boolean' && typeof value === 'boolean') return amqpBoolean(value);
  if (type === 'int' && typeof value === 'number' && (value | 0) === value) return amqpInt(value);
  if (type === 'long' && typeof value === 'bigint' && BigInt.asIntN(64, value) === value) return amqpLong(value);
  throw notWritable(`a value of type ${typeof value} cannot stand where ${type} is asked for`);
}

/** Names come from the outside, so that nothing of a prototype may answer to them. */
function known<Value>(table: Readonly<Partial<Record<string, Value>>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function notWritable(reason: string): CordaBlobError {
  return new CordaBlobError('CORDA_BLOB_NOT_WRITABLE', `The object cannot be written as a blob: ${reason}`);
}
