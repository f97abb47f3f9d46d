import { attributeOid } from './attribute-types';
import type { X500Name } from './x500-name';
import { X500NameError } from './x500-name-error';

/** The parts of a node's or service's legal name. */
export interface CordaName {
  readonly commonName: string | undefined;
  readonly organisationUnit: string | undefined;
  readonly organisation: string;
  readonly locality: string;
  readonly state: string | undefined;
  /** ISO 3166 alpha-2, or "ZZ" for none. */
  readonly country: string;
}

/** Lengths in UTF-16 units, as Java counts them; the limit itself is too long. */
const LIMITS = { CN: 64, OU: 64, O: 128, L: 64, ST: 64 } as const;

const COUNTRIES = new Set(
  (
    'AD AE AF AG AI AL AM AN AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ ' +
    'CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR ' +
    'GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP ' +
    'KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT ' +
    'MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW ' +
    'SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG ' +
    'UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW ZZ'
  ).split(' '),
);

/** The parts of a name that Corda allows for a node or service. Throws X500NameError X500_NAME_NOT_CORDA with the reason. */
export function cordaName(name: X500Name): CordaName {
  const allowed = new Set(['CN', 'OU', 'O', 'L', 'ST', 'C'].map(attributeOid));
  const other = name.attributes.find((attribute) => !allowed.has(attribute.oid));
  if (other !== undefined)
    throw refuse(name, `it has the attribute ${other.oid}, which is not one of CN, OU, O, L, ST, C`);
  const country = required(name, 'C');
  if (!COUNTRIES.has(country))
    throw refuse(name, `${JSON.stringify(country)} is not a country code of ISO 3166, or ZZ`);
  return {
    commonName: part(name, 'CN'),
    organisationUnit: part(name, 'OU'),
    organisation: required(name, 'O'),
    locality: required(name, 'L'),
    state: part(name, 'ST'),
    country,
  };
}

function required(name: X500Name, type: 'O' | 'L' | 'C'): string {
  const value = part(name, type);
  if (value === undefined) throw refuse(name, `it has no ${type}`);
  return value;
}

function part(name: X500Name, type: keyof typeof LIMITS | 'C'): string | undefined {
  const oid = attributeOid(type);
  const [found, second] = name.attributes.filter((attribute) => attribute.oid === oid);
  if (found === undefined) return undefined;
  if (second !== undefined) throw refuse(name, `it has more than one ${type}`);
  if (found.text === undefined) throw refuse(name, `its ${type} is not text`);
  if (found.text.trim() === '') throw refuse(name, `its ${type} is empty`);
  if (found.text.includes('\0')) throw refuse(name, `its ${type} holds a null character`);
  const limit = type === 'C' ? 3 : LIMITS[type];
  if (found.text.length >= limit)
    throw refuse(name, `its ${type} has ${found.text.length} characters, and must have fewer than ${limit}`);
  return found.text;
}

function refuse(name: X500Name, reason: string): X500NameError {
  return new X500NameError('X500_NAME_NOT_CORDA', `${name.toCorda()} cannot be the name of a Corda party: ${reason}`, {
    remedy: 'a party needs O, L and C, and may have CN, OU and ST',
  });
}
