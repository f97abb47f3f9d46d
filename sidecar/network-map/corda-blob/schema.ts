import { Described, type AmqpValue } from './amqp-value';
import { CordaBlobError } from './errors';

/** Descriptors of Corda's own AMQP types: the upper half is R3's enterprise number. */
const base = 0xc562_0000_0000_0000n;
export const descriptorOf = {
  envelope: base + 1n,
  schema: base + 2n,
  objectDescriptor: base + 3n,
  field: base + 4n,
  compositeType: base + 5n,
  restrictedType: base + 6n,
  referencedObject: base + 8n,
  transforms: base + 9n,
} as const;

export interface Field {
  readonly name: string;
  /** Name of an AMQP primitive ("string", "int", …), of a class, or "*" for a type parameter. */
  readonly type: string;
}

/** A class as the blob's writer knew it. */
export interface CompositeType {
  readonly kind: 'composite';
  readonly name: string;
  readonly fields: readonly Field[];
}

/** A collection, an enumeration (it has choices), or a class that is written as an AMQP primitive. */
export interface RestrictedType {
  readonly kind: 'restricted';
  readonly name: string;
  /** The AMQP type that carries it: "list", "map", "string", … */
  readonly source: string;
  readonly choices: readonly string[];
}

/** The types of one blob by descriptor ("net.corda:<fingerprint>"). */
export type Schema = ReadonlyMap<string, CompositeType | RestrictedType>;

/** @throws CordaBlobError CORDA_BLOB_SCHEMA */
export function readSchema(value: AmqpValue): Schema {
  const [types] = partsOf(value, descriptorOf.schema, 1, 'the schema');
  const schema = new Map<string, CompositeType | RestrictedType>();
  for (const type of listOf(types, 'the schema')) {
    const [descriptor, notation] = readType(type);
    if (schema.has(descriptor)) throw wrong(`two types have the descriptor ${JSON.stringify(descriptor)}`);
    schema.set(descriptor, notation);
  }
  return schema;
}

/**
 * The values of a described list of at least `least` values.
 * @throws CordaBlobError CORDA_BLOB_SCHEMA when it is something else
 */
export function partsOf(value: AmqpValue | undefined, descriptor: bigint, least: number, what: string): AmqpValue[] {
  if (!(value instanceof Described) || value.descriptor !== descriptor) throw wrong(`${what} is missing`);
  const parts = listOf(value.value, what);
  if (parts.length < least) throw wrong(`${what} has ${parts.length} values, not ${least}`);
  return parts;
}

function readType(value: AmqpValue): [string, CompositeType | RestrictedType] {
  if (value instanceof Described && value.descriptor === descriptorOf.restrictedType) {
    const [name, , , source, descriptor, choices] = partsOf(value, descriptorOf.restrictedType, 6, 'a restricted type');
    const type = {
      kind: 'restricted',
      name: textOf(name, 'the name of a type'),
      source: textOf(source, 'a source'),
    } as const;
    return [readDescriptor(descriptor), { ...type, choices: listOf(choices, 'the choices of a type').map(readChoice) }];
  }
  const [name, , , descriptor, fields] = partsOf(value, descriptorOf.compositeType, 5, 'a composite type');
  const type = { kind: 'composite', name: textOf(name, 'the name of a type') } as const;
  return [readDescriptor(descriptor), { ...type, fields: readFields(fields) }];
}

function readFields(value: AmqpValue | undefined): Field[] {
  const fields = listOf(value, 'the fields of a type').map((field) => {
    const [name, type] = partsOf(field, descriptorOf.field, 7, 'a field');
    return { name: textOf(name, 'the name of a field'), type: textOf(type, 'the type of a field') };
  });
  if (new Set(fields.map((field) => field.name)).size < fields.length) throw wrong('a type has one field twice');
  return fields;
}

function readDescriptor(value: AmqpValue | undefined): string {
  return textOf(partsOf(value, descriptorOf.objectDescriptor, 1, 'a descriptor')[0], 'a descriptor');
}

function readChoice(value: AmqpValue): string {
  const parts = value instanceof Described ? value.value : value;
  return textOf(listOf(parts, 'a choice')[0], 'a choice');
}

function listOf(value: AmqpValue | undefined, what: string): AmqpValue[] {
  if (!Array.isArray(value)) throw wrong(`${what} is not a list`);
  return value;
}

function textOf(value: AmqpValue | undefined, what: string): string {
  if (typeof value !== 'string') throw wrong(`${what} is not text`);
  return value;
}

function wrong(reason: string): CordaBlobError {
  return new CordaBlobError('CORDA_BLOB_SCHEMA', `The blob's schema cannot be read: ${reason}`);
}
