import type { Attribute } from './attribute';
import { attributeType } from './attribute-types';

const hexOf = (attribute: Attribute): string => `#${Buffer.from(attribute.value).toString('hex')}`;

/** `type=value` as RFC 4514 writes it; values of types without a short name are written as DER. */
export function formatRfc4514(attribute: Attribute): string {
  const name = attributeType(attribute.oid).rfc4514;
  if (name === undefined || attribute.text === undefined) return `${name ?? attribute.oid}=${hexOf(attribute)}`;
  return `${name}=${escapeRfc4514(attribute.text)}`;
}

function escapeRfc4514(text: string): string {
  return text
    .replace(/["+,;<>\\]|^[ #]| $/g, '\\$&')
    .replace(/[\u0000-\u001f\u007f]/g, (character) => `\\${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** `type=value` as Java's X500Principal.toString writes it. */
export function formatJava(attribute: Attribute): string {
  const name = attributeType(attribute.oid).java ?? `OID.${attribute.oid}`;
  return `${name}=${attribute.text === undefined ? hexOf(attribute) : quoteJava(attribute.text)}`;
}

/** Java leaves a value alone that already starts and ends with a quotation mark, except for what is between them. */
function quoteJava(text: string): string {
  const escaped = (part: string): string => part.replace(/["\\]/g, '\\$&');
  if (text.length > 1 && text.startsWith('"') && text.endsWith('"')) return `"${escaped(text.slice(1, -1))}"`;
  return /[,+=\n<>#;\\"]|^ | $| {2}/.test(text) ? `"${escaped(text)}"` : text;
}
