import { AmqpMap, Described, type AmqpValue } from './amqp-value';
import { CordaMap, CordaObject, type CordaValue } from './corda-value';
import { CordaBlobError } from './errors';
import { readObjects } from './objects';
import { descriptorOf, readSchema, type Schema } from './schema';

const object = (name: string, ...fields: [string, string][]): AmqpValue =>
  new Described(descriptorOf.compositeType, [name, null, [], descriptor(name), fields.map(field)]);
const field = ([name, type]: [string, string]): AmqpValue =>
  new Described(descriptorOf.field, [name, type, [], null, null, true, false]);
const restricted = (name: string, source: string, choices: AmqpValue[] = []): AmqpValue =>
  new Described(descriptorOf.restrictedType, [name, null, [], source, descriptor(name), choices]);
const descriptor = (name: string): AmqpValue =>
  new Described(descriptorOf.objectDescriptor, [`net.corda:${name}`, null]);
const schema = (...types: AmqpValue[]): AmqpValue => new Described(descriptorOf.schema, [types]);
const instance = (name: string, value: AmqpValue): Described => new Described(`net.corda:${name}`, value);
const reference = (index: number): Described => new Described(descriptorOf.referencedObject, index);

const types: Schema = readSchema(
  schema(
    object('Pair', ['first', '*'], ['second', '*']),
    object('Person', ['age', 'int'], ['name', 'string']),
    restricted('List<*>', 'list'),
    restricted('Map<*, *>', 'map'),
    restricted('Name', 'string'),
    restricted('Colour', 'list', [['RED', '0'], new Described(descriptorOf.schema + 5n, ['BLUE', '1'])]),
  ),
);
const read = (value: AmqpValue): CordaValue => readObjects(value, types);
const person = (name: string): Described => instance('Person', [30, name]);
const personRead = (name: string): CordaObject =>
  new CordaObject(
    'Person',
    new Map<string, CordaValue>([
      ['age', 30],
      ['name', name],
    ]),
  );

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof CordaBlobError) return error.code;
    throw error;
  }
  return 'no error';
}

describe('readObjects', () => {
  it('names the fields of objects and keeps collections, maps, enumerations and classes written as text', () => {
    expect(read(person('Ann'))).toEqual(personRead('Ann'));
    expect(read(instance('List<*>', [person('Ann'), null, 1]))).toEqual([personRead('Ann'), null, 1]);
    expect(read(instance('Map<*, *>', new AmqpMap([['a', person('Ann')]])))).toEqual(
      new CordaMap([['a', personRead('Ann')]]),
    );
    expect(read(instance('Colour', ['BLUE', 1]))).toBe('BLUE');
    expect(read(instance('Name', 'Ann'))).toBe('Ann');
  });

  it('knows the classes that have a form of their own', () => {
    const bytes = Buffer.from([1]);
    const fields = (value: AmqpValue, type: string): unknown => {
      const result = read(instance(type, value));
      return result instanceof CordaObject ? [result.type, Object.fromEntries(result.fields)] : result;
    };
    expect(fields(bytes, 'java.security.PublicKey')).toEqual(['java.security.PublicKey', { encoded: bytes }]);
    expect(fields([bytes, 'X.509'], 'java.security.cert.CertPath')).toEqual([
      'java.security.cert.CertPath',
      { encoded: bytes, type: 'X.509' },
    ]);
    expect(fields([5, 7n], 'java.time.Duration')).toEqual(['java.time.Duration', { nanos: 5, seconds: 7n }]);
    expect(fields([7n, 5], 'java.time.Instant')).toEqual(['java.time.Instant', { epochSeconds: 7n, nanos: 5 }]);
  });

  it('follows references: objects, collections and text in the order of their completion, no numbers or bytes', () => {
    const list = instance('List<*>', [
      'text',
      1,
      Buffer.from([1]),
      true,
      person('Ann'),
      person('Bob'),
      reference(2),
      reference(0),
    ]);
    expect(read(list)).toEqual([
      'text',
      1,
      Buffer.from([1]),
      true,
      personRead('Ann'),
      personRead('Bob'),
      personRead('Bob'),
      'text',
    ]);
  });

  it('does not count text in a field of type string', () => {
    expect(read(instance('Pair', [person('Ann'), reference(0)]))).toEqual(
      new CordaObject(
        'Pair',
        new Map<string, CordaValue>([
          ['first', personRead('Ann')],
          ['second', personRead('Ann')],
        ]),
      ),
    );
  });

  it('does not unfold an object that refers to itself many times over', () => {
    const doubling = (depth: number): AmqpValue =>
      depth === 0 ? person('Ann') : instance('Pair', [doubling(depth - 1), reference(depth - 1)]);
    expect(read(doubling(60))).toBeInstanceOf(CordaObject);
  });

  it.each<[string, AmqpValue, string]>([
    ['an object without all of its fields', instance('Person', [30]), 'CORDA_BLOB_OBJECT'],
    ['an object with more fields', instance('Person', [30, 'Ann', 1]), 'CORDA_BLOB_OBJECT'],
    ['an object that is no list', instance('Person', 'Ann'), 'CORDA_BLOB_OBJECT'],
    ['a collection that is no list', instance('List<*>', 1), 'CORDA_BLOB_OBJECT'],
    ['a map that is a list', instance('Map<*, *>', []), 'CORDA_BLOB_OBJECT'],
    ['a choice that is none', instance('Colour', ['GREEN', 2]), 'CORDA_BLOB_OBJECT'],
    ['a list without a type', ['a'], 'CORDA_BLOB_OBJECT'],
    ['a list where text should be', instance('Person', [30, ['Ann']]), 'CORDA_BLOB_OBJECT'],
    ['a key that is no bytes', instance('java.security.PublicKey', 'key'), 'CORDA_BLOB_OBJECT'],
    ['a time without nanoseconds', instance('java.time.Instant', [7n]), 'CORDA_BLOB_OBJECT'],
    ['a reference to nothing', reference(0), 'CORDA_BLOB_OBJECT'],
    ['a reference to an object around it', instance('List<*>', [reference(0)]), 'CORDA_BLOB_OBJECT'],
    ['a reference that is no number', new Described(descriptorOf.referencedObject, 'x'), 'CORDA_BLOB_OBJECT'],
    ['a type that is not in the schema', instance('Other', []), 'CORDA_BLOB_UNKNOWN_TYPE'],
    ['a name of every object', instance('constructor', []), 'CORDA_BLOB_UNKNOWN_TYPE'],
    ['a descriptor that is a number', new Described(5n, []), 'CORDA_BLOB_UNKNOWN_TYPE'],
  ])('refuses %s', (_name, value, code) => {
    expect(codeOf(() => read(value))).toBe(code);
  });
});

describe('readSchema', () => {
  it.each<[string, AmqpValue]>([
    ['no schema', []],
    ['another described value', new Described(descriptorOf.envelope, [[]])],
    ['types that are no list', new Described(descriptorOf.schema, ['x'])],
    ['a type of another kind', schema(new Described(descriptorOf.field, []))],
    ['a type without fields', schema(new Described(descriptorOf.compositeType, ['A', null, [], descriptor('A')]))],
    [
      'a type whose name is no text',
      schema(new Described(descriptorOf.compositeType, [1, null, [], descriptor('A'), []])),
    ],
    [
      'a field without a name',
      schema(new Described(descriptorOf.compositeType, ['A', null, [], descriptor('A'), [[]]])),
    ],
    ['one field twice', schema(object('A', ['x', 'int'], ['x', 'int']))],
    ['one type twice', schema(object('A'), object('A'))],
    ['a choice without a name', schema(restricted('A', 'list', [[]]))],
  ])('refuses %s', (_name, value) => {
    expect(codeOf(() => readSchema(value))).toBe('CORDA_BLOB_SCHEMA');
  });
});
