import { Tag } from './der';

/** One kind of attribute: its object identifier and how each spelling of a name calls it. */
export interface AttributeType {
  readonly oid: string;
  /** The short name of RFC 4514 and its registry; without one the object identifier is written. */
  readonly rfc4514?: string;
  /** Java's keyword; without one "OID." and the object identifier are written. */
  readonly java?: string;
  /** Further names under which it is read. */
  readonly aliases?: readonly string[];
  /** The DER string type of new values; UTF8String where there is none, or where the text does not fit. */
  readonly stringTag?: number;
}

const TYPES: readonly AttributeType[] = [
  { oid: '2.5.4.3', rfc4514: 'CN', java: 'CN', aliases: ['commonName'] },
  { oid: '2.5.4.4', rfc4514: 'surname', java: 'SURNAME', aliases: ['SN'] },
  { oid: '2.5.4.5', rfc4514: 'serialNumber', java: 'SERIALNUMBER', stringTag: Tag.printableString },
  { oid: '2.5.4.6', rfc4514: 'C', java: 'C', aliases: ['countryName'], stringTag: Tag.printableString },
  { oid: '2.5.4.7', rfc4514: 'L', java: 'L', aliases: ['localityName'] },
  { oid: '2.5.4.8', rfc4514: 'ST', java: 'ST', aliases: ['S', 'stateOrProvinceName'] },
  { oid: '2.5.4.9', rfc4514: 'STREET', java: 'STREET', aliases: ['streetAddress'] },
  { oid: '2.5.4.10', rfc4514: 'O', java: 'O', aliases: ['organizationName'] },
  { oid: '2.5.4.11', rfc4514: 'OU', java: 'OU', aliases: ['organizationalUnitName'] },
  { oid: '2.5.4.12', java: 'T', aliases: ['title'] },
  { oid: '2.5.4.42', rfc4514: 'givenName', java: 'GIVENNAME', aliases: ['GN'] },
  { oid: '2.5.4.43', rfc4514: 'initials', java: 'INITIALS' },
  { oid: '2.5.4.44', java: 'GENERATION', aliases: ['generationQualifier'] },
  { oid: '2.5.4.46', rfc4514: 'dnQualifier', java: 'DNQ', stringTag: Tag.printableString },
  {
    oid: '1.2.840.113549.1.9.1',
    rfc4514: 'emailAddress',
    java: 'EMAILADDRESS',
    aliases: ['E', 'EMAIL'],
    stringTag: Tag.ia5String,
  },
  { oid: '1.3.6.1.4.1.42.2.11.2.1', java: 'IP' },
  { oid: '0.9.2342.19200300.100.1.1', rfc4514: 'UID', java: 'UID', aliases: ['userId'] },
  {
    oid: '0.9.2342.19200300.100.1.25',
    rfc4514: 'DC',
    java: 'DC',
    aliases: ['domainComponent'],
    stringTag: Tag.ia5String,
  },
];

const byOid = new Map(TYPES.map((type) => [type.oid, type]));
const byName = new Map(
  TYPES.flatMap((type) =>
    [type.rfc4514, type.java, ...(type.aliases ?? [])].map((name) => [name?.toLowerCase(), type.oid]),
  ),
);

/** What is known of the attribute with this object identifier. */
export const attributeType = (oid: string): AttributeType => byOid.get(oid) ?? { oid };

const DOTTED = /^(?:oid\.)?(\d+(?:\.\d+)+)$/i;

/** The object identifier that a name ("O", "serialNumber", "2.5.4.10", "OID.2.5.4.10") stands for, in any case. */
export function attributeOid(name: string): string | undefined {
  return DOTTED.exec(name)?.[1] ?? byName.get(name.toLowerCase());
}
