import type { Certificate } from './certificate';
import { ChainError } from './chain-error';
import type { ChainErrorCode } from './chain-error';
import { Purpose } from './extensions';
import type { NameConstraints } from './extensions';
import type { X500Name } from './x500-name';

export interface PathRules {
  /** What the leaf is presented for; a leaf without an extended key usage may be used for anything. */
  readonly purpose?: 'serverAuth' | 'clientAuth';
}

/** Checks a path of linked certificates, leaf first, by the rules of RFC 5280. Throws ChainError. */
export function checkPath(path: readonly [Certificate, ...Certificate[]], at: number, rules: PathRules): void {
  for (const one of path) {
    checkValidity(one, at);
    checkExtensions(one);
  }
  path.slice(1).forEach((issuer, index) => checkIssuer(issuer, path.slice(1, index + 1)));
  path.forEach((one, index) => checkNames(one, index === 0, path.slice(index + 1)));
  if (rules.purpose !== undefined) checkPurpose(path[0], rules.purpose);
}

function checkValidity(one: Certificate, at: number): void {
  const day = (time: number): string => new Date(time).toISOString();
  if (at < one.notBefore) {
    throw refuse(one, 'CHAIN_NOT_YET_VALID', `is valid from ${day(one.notBefore)} only`, 'check the clock, or wait');
  }
  if (at > one.notAfter) throw refuse(one, 'CHAIN_EXPIRED', `expired on ${day(one.notAfter)}`, 'renew it');
}

function checkExtensions(one: Certificate): void {
  const [unknown] = one.unknownCritical;
  if (unknown !== undefined)
    throw refuse(one, 'CHAIN_CRITICAL_EXTENSION', `has the critical extension ${unknown}, which is not understood`);
  const [form] = one.nameConstraints?.unsupported ?? [];
  if (one.nameConstraints?.critical === true && form !== undefined) {
    throw refuse(
      one,
      'CHAIN_NAME_CONSTRAINT_UNSUPPORTED',
      `has critical name constraints that cannot be checked (${form})`,
    );
  }
}

/** `below`: the issuers between it and the leaf. */
function checkIssuer(issuer: Certificate, below: readonly Certificate[]): void {
  if (!issuer.isCa) throw refuse(issuer, 'CHAIN_NOT_A_CA', 'issued another one, but is not a CA');
  if (issuer.keyUsage?.includes('keyCertSign') === false) {
    throw refuse(
      issuer,
      'CHAIN_KEY_USAGE',
      'issued another one, but its key usage does not allow to sign certificates',
    );
  }
  const allowed = issuer.basicConstraints?.pathLength ?? Infinity;
  const counted = below.filter((one) => !one.isSelfIssued).length;
  if (counted > allowed)
    throw refuse(issuer, 'CHAIN_PATH_LENGTH', `allows ${allowed} CAs below it, and there are ${counted}`);
}

/** `above`: its issuers. Self-issued ones are exempt unless they end the path, so that a CA can renew its own key. */
function checkNames(one: Certificate, isLeaf: boolean, above: readonly Certificate[]): void {
  if (one.isSelfIssued && !isLeaf) return;
  const names = [one.subject, ...one.alternativeNames];
  for (const issuer of above) {
    const { nameConstraints } = issuer;
    const forbidden = nameConstraints && names.find((name) => !isAllowed(name, nameConstraints));
    if (forbidden !== undefined) {
      const what = `carries the name ${forbidden.toCorda()}, which ${issuer.subject.toCorda()} may not give`;
      throw refuse(one, 'CHAIN_NAME_CONSTRAINT', what);
    }
  }
}

function isAllowed(name: X500Name, { permitted, excluded }: NameConstraints): boolean {
  const inside = permitted.length === 0 || permitted.some((base) => name.isWithin(base));
  return inside && !excluded.some((base) => name.isWithin(base));
}

function checkPurpose(leaf: Certificate, purpose: 'serverAuth' | 'clientAuth'): void {
  const allowed = leaf.extendedKeyUsage;
  if (allowed === undefined || allowed.includes(Purpose.any) || allowed.includes(Purpose[purpose])) return;
  throw refuse(leaf, 'CHAIN_PURPOSE', `may not be used for ${purpose}`);
}

function refuse(one: Certificate, code: ChainErrorCode, why: string, remedy?: string): ChainError {
  return new ChainError(code, `the certificate of ${one.subject.toCorda()} (serial ${one.serial}) ${why}`, { remedy });
}
