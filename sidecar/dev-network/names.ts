import { cordaName } from '../certificates/corda-name';
import { X500Name } from '../certificates/x500-name';
import { X500NameError } from '../certificates/x500-name-error';
import { DevNetworkError } from './dev-network-error';

const CITIES = [
  ['London', 'GB'],
  ['New York', 'US'],
  ['Zurich', 'CH'],
  ['Singapore', 'SG'],
  ['Sofia', 'BG'],
  ['Tokyo', 'JP'],
  ['Frankfurt', 'DE'],
  ['Toronto', 'CA'],
] as const;

/** The name of the node at `index`, from 0: "O=Party A, L=London, C=GB" and so on, "Party AA" after "Party Z". */
export function partyName(index: number): string {
  return nameIn(`Party ${letters(index)}`, index);
}

/** A legal name in one of several cities. */
export function nameIn(organisation: string, index: number): string {
  const [city, country] = CITIES[index % CITIES.length] ?? CITIES[0];
  return `O=${organisation}, L=${city}, C=${country}`;
}

/** A, B, … Z, AA, AB, … */
function letters(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last;
}

/**
 * A name that Corda allows, its attributes in Corda's order whatever theirs was.
 * @throws DevNetworkError DEV_NETWORK_NAME
 */
export function legalName(text: string): X500Name {
  try {
    const name = X500Name.parse(text);
    cordaName(name);
    return X500Name.parse(name.toCorda());
  } catch (cause) {
    if (!(cause instanceof X500NameError)) throw cause;
    const message = `${JSON.stringify(text)} cannot be the name of a node or service: ${cause.message}`;
    throw new DevNetworkError('DEV_NETWORK_NAME', message, {
      remedy: 'give a name such as "O=Party A, L=London, C=GB"',
      cause,
    });
  }
}

const ALIAS = /^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$/;

/** @throws DevNetworkError DEV_NETWORK_ALIAS when it cannot be the name of a folder everywhere */
export function checkAlias(alias: string): void {
  if (ALIAS.test(alias)) return;
  throw new DevNetworkError('DEV_NETWORK_ALIAS', `${JSON.stringify(alias)} cannot be an alias`, {
    remedy: 'use up to 48 small letters, digits and hyphens, with no hyphen at either end',
  });
}

/** An alias for a name, made of its organisation: "party-a", or "party-a-2" where that is taken. */
export function aliasOf(name: X500Name, taken: ReadonlySet<string>): string {
  const words = (name.valuesOf('O')[0] ?? '')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .match(/[a-z0-9]+/g);
  const base = (words ?? ['node']).join('-').slice(0, 40).replace(/-$/, '');
  for (let number = 1; ; number += 1) {
    const alias = number === 1 ? base : `${base}-${number}`;
    if (!taken.has(alias)) return alias;
  }
}
