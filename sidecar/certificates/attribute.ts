import { attributeOid, attributeType } from './attribute-types';
import { children, DerError, expectTag, readDer, readOid, sequenceOf, Tag } from './der';
import { der, derOid, derSequence, isOid } from './der-writer';
import type { DerValue } from './der';
import { X500NameError } from './x500-name-error';

/** One attribute of a name. */
export interface Attribute {
  /** In dotted decimal. */
  readonly oid: string;
  /** The value as text, or undefined when it is not a string of a known type. */
  readonly text: string | undefined;
  /** The value's DER, identifier octet included. */
  readonly value: Uint8Array;
}

/** An attribute as a person states it: type by any of its names, value as text. */
export interface AttributeText {
  readonly type: string;
  readonly value: string;
}

/** Reads the AttributeTypeAndValue. */
export function attributeFromDer(value: DerValue): Attribute {
  const [type, content, ...rest] = sequenceOf(value, 'an attribute of the name');
  if (content === undefined || rest.length > 0)
    throw new DerError('an attribute of the name is not a type and a value');
  const oid = readOid(type, 'the type of an attribute');
  return { oid, text: decodeString(content, oid), value: content.bytes };
}

export const attributeToDer = (attribute: Attribute): Uint8Array => derSequence(derOid(attribute.oid), attribute.value);

/** An attribute with a text value, in the string type that its kind asks for. */
export function attributeFromText(type: string, text: string): Attribute {
  const oid = requireOid(type);
  if (/\p{Surrogate}/u.test(text))
    throw new X500NameError('X500_NAME_SYNTAX', `the value of ${type} holds half a character`);
  const wanted = attributeType(oid).stringTag;
  const tag = wanted !== undefined && CHARSETS[wanted]?.test(text) === true ? wanted : Tag.utf8String;
  return { oid, text, value: der(tag, Buffer.from(text, 'utf8')) };
}

/** An attribute whose value is given as DER ("#" and hexadecimal digits in text). */
export function attributeFromValue(type: string, value: Uint8Array): Attribute {
  const oid = requireOid(type);
  return { oid, text: decodeString(readDer(value), oid), value };
}

function requireOid(type: string): string {
  const oid = attributeOid(type);
  if (oid === undefined || !isOid(oid)) {
    const remedy = 'use a name such as CN, O or serialNumber, or the object identifier in dotted decimal';
    throw new X500NameError('X500_NAME_SYNTAX', `${JSON.stringify(type)} is not a known attribute`, { remedy });
  }
  return oid;
}

const CHARSETS: Partial<Record<number, RegExp>> = {
  [Tag.printableString]: /^[A-Za-z0-9 '()+,\-./:=?]*$/,
  [Tag.ia5String]: /^[\x00-\x7f]*$/,
};

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf16 = new TextDecoder('utf-16be', { fatal: true, ignoreBOM: true });

/** The same text that Java reads; strings that Java would repair with replacement characters are refused. */
function decodeString(value: DerValue, oid: string): string | undefined {
  try {
    return decode(value);
  } catch (cause) {
    const message = `the value of attribute ${attributeType(oid).rfc4514 ?? oid} is not a valid string of its type (tag ${value.tag})`;
    throw new X500NameError('X500_NAME_ENCODING', message, { cause });
  }
}

function decode({ tag, content }: DerValue): string | undefined {
  switch (tag) {
    case Tag.utf8String:
      return utf8.decode(content);
    case Tag.printableString:
    case Tag.ia5String:
    case Tag.generalString:
      if (content.some((octet) => octet > 0x7f)) throw new DerError('an octet above 127');
      return Buffer.from(content).toString('latin1');
    case Tag.t61String:
      return Buffer.from(content).toString('latin1');
    case Tag.bmpString:
      return utf16.decode(content);
    case Tag.universalString:
      return decodeUtf32(Buffer.from(content));
    default:
      return undefined;
  }
}

/** Java drops a byte order mark here, and only here. */
function decodeUtf32(content: Buffer): string {
  let text = '';
  for (let offset = 0; offset < content.length; offset += 4) text += String.fromCodePoint(content.readUInt32BE(offset));
  if (/\p{Surrogate}/u.test(text)) throw new DerError('half a character');
  return text.replace(/^\ufeff/, '');
}

/** Reads the SET of attributes that makes up one step of a name. */
export function rdnFromDer(value: DerValue): readonly Attribute[] {
  const attributes = children(expectTag(value, Tag.set, 'a step of the name')).map(attributeFromDer);
  if (attributes.length === 0) throw new DerError('a step of the name is empty');
  return attributes;
}

/** The form in which two values are compared: letter case, width and runs of spaces do not count. */
export function canonicalValue(attribute: Attribute): string {
  if (attribute.text === undefined) return `#${Buffer.from(attribute.value).toString('hex')}`;
  const folded = attribute.text.toUpperCase().toLowerCase().normalize('NFKD').replace(/\s+/g, ' ').trim();
  return JSON.stringify(folded);
}
