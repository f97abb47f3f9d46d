import {
  amqpBoolean,
  amqpDescribed,
  amqpDescriptor,
  amqpList,
  amqpNull,
  amqpString,
  amqpSymbol,
  type AmqpBytes,
} from './amqp-writer';
import { collectionClasses, type ClassField, type CollectionClass, type ComposedClass } from './classes';
import { descriptorPrefix } from './custom-classes';
import { descriptorOf } from './schema';

const nothing = amqpList([]);
/** What readers take for a field that they know and the blob does not have. */
const defaults: Partial<Record<string, string>> = { int: '0', long: '0', boolean: 'false' };

/** A class as a blob's schema describes it. */
export function composedNotation(name: string, { fingerprint, fields }: ComposedClass): AmqpBytes {
  const notation = [amqpString(name), amqpNull, nothing, objectDescriptor(fingerprint)];
  return described('compositeType', [...notation, amqpList(fields.map(fieldNotation))]);
}

/** A collection as a blob's schema describes it. */
export function collectionNotation(name: string, { fingerprint, source }: CollectionClass): AmqpBytes {
  const notation = [amqpString(name), amqpNull, nothing, amqpString(source), objectDescriptor(fingerprint), nothing];
  return described('restrictedType', notation);
}

/** A list with the descriptor of a type that Corda's serialization itself needs. */
export function described(type: keyof typeof descriptorOf, items: readonly AmqpBytes[]): AmqpBytes {
  return amqpDescribed(amqpDescriptor(descriptorOf[type]), amqpList(items));
}

function objectDescriptor(fingerprint: string): AmqpBytes {
  return described('objectDescriptor', [amqpSymbol(descriptorPrefix + fingerprint), amqpNull]);
}

/** Interfaces stand behind a "*": what is in the field is of another class. */
function fieldNotation({ name, type, isOptional }: ClassField): AmqpBytes {
  const isInterface = type in collectionClasses || type === 'java.security.PublicKey';
  const fallback = defaults[type];
  return described('field', [
    amqpString(name),
    amqpString(isInterface ? '*' : type),
    isInterface ? amqpList([amqpString(type)]) : nothing,
    fallback === undefined ? amqpNull : amqpString(fallback),
    amqpNull,
    amqpBoolean(isOptional === undefined),
    amqpBoolean(false),
  ]);
}
