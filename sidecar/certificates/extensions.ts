import {
  children,
  contextTag,
  DerError,
  expectTag,
  readBitString,
  readBoolean,
  readCount,
  readDer,
  readOid,
  sequenceOf,
  Tag,
} from './der';
import type { DerValue } from './der';
import { X500Name } from './x500-name';

/** Object identifiers of the certificate extensions that are understood. */
export const ExtensionOid = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  netscapeComment: '2.16.840.1.113730.1.13',
  cordaRole: '1.3.6.1.4.1.50530.1.1',
} as const;

export interface BasicConstraints {
  readonly ca: boolean;
  /** How many further CAs may stand below, self-issued ones not counted. */
  readonly pathLength: number | undefined;
}

/** In the order of their bits. */
export const KEY_USAGES = [
  'digitalSignature',
  'contentCommitment',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;
export type KeyUsage = (typeof KEY_USAGES)[number];

/** Object identifiers of the purposes in use; others appear as they are. */
export const Purpose = {
  any: '2.5.29.37.0',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

/** Subtrees of names that the certificates below may, and may not, carry. */
export interface NameConstraints {
  readonly permitted: readonly X500Name[];
  readonly excluded: readonly X500Name[];
  /** What is there besides plain directory names, in words: nothing of it is checked. */
  readonly unsupported: readonly string[];
  readonly critical: boolean;
}

export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  /** The DER inside the extension's OCTET STRING. */
  readonly value: Uint8Array;
}

/** Reads `Extensions`; throws DerError, also when one is there twice. */
export function readExtensions(value: DerValue | undefined): Map<string, Extension> {
  const found = new Map<string, Extension>();
  if (value === undefined) return found;
  for (const item of sequenceOf(value, 'the extensions')) {
    const [type, ...rest] = sequenceOf(item, 'an extension');
    const oid = readOid(type, 'the type of an extension');
    const critical = rest[0]?.tag === Tag.boolean && readBoolean(rest.shift(), 'the critical flag');
    if (found.has(oid)) throw new DerError(`the extension ${oid} is there twice`);
    found.set(oid, { oid, critical, value: expectTag(rest[0], Tag.octetString, `the extension ${oid}`).content });
  }
  return found;
}

export function readBasicConstraints({ value }: Extension): BasicConstraints {
  const fields = sequenceOf(readDer(value), 'the basic constraints');
  const ca = fields[0]?.tag === Tag.boolean && readBoolean(fields.shift(), 'the CA flag');
  return { ca, pathLength: fields[0] === undefined ? undefined : readCount(fields[0], 'the path length') };
}

export function readKeyUsage({ value }: Extension): KeyUsage[] {
  const bits = readBitString(readDer(value), 'the key usage');
  return KEY_USAGES.filter((_, index) => ((bits[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0);
}

export function readExtendedKeyUsage({ value }: Extension): string[] {
  return sequenceOf(readDer(value), 'the extended key usage').map((purpose) => readOid(purpose, 'a purpose'));
}

const DIRECTORY_NAME = contextTag(4, true);

/** The directory names among the subject's alternative names. */
export function readAlternativeNames({ value }: Extension): X500Name[] {
  const names = sequenceOf(readDer(value), 'the alternative names').filter((name) => name.tag === DIRECTORY_NAME);
  return names.map((name) => X500Name.fromDer(name.content));
}

export function readNameConstraints({ value, critical }: Extension): NameConstraints {
  const unsupported: string[] = [];
  const subtrees = (list: DerValue): X500Name[] => children(list).flatMap((item) => readSubtree(item, unsupported));
  const parts = sequenceOf(readDer(value), 'the name constraints');
  const [permitted = [], excluded = []] = [0, 1].map((number) =>
    parts.filter((part) => part.tag === contextTag(number, true)).flatMap(subtrees),
  );
  return { permitted, excluded, unsupported, critical };
}

const NAME_FORMS = [
  'otherName',
  'rfc822Name',
  'dNSName',
  'x400Address',
  '',
  'ediPartyName',
  'URI',
  'iPAddress',
  'registeredID',
];

function readSubtree(item: DerValue, unsupported: string[]): X500Name[] {
  const [base, ...range] = sequenceOf(item, 'a name constraint');
  if (base === undefined) throw new DerError('a name constraint is empty');
  if (base.tag !== DIRECTORY_NAME) unsupported.push(NAME_FORMS[base.tag & 0x1f] ?? `form ${base.tag & 0x1f}`);
  if (range.length > 0) unsupported.push('minimum or maximum distance');
  return base.tag === DIRECTORY_NAME ? [X500Name.fromDer(base.content)] : [];
}
