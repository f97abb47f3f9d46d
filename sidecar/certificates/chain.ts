import type { Certificate } from './certificate';
import { ChainError } from './chain-error';
import { checkPath } from './path-rules';
import type { PathRules } from './path-rules';
import { KeyError } from './key-error';
import { verifySignature } from './keys';

export interface ChainInput {
  /** The certificate to verify and those above it, in any order; the root may be left out. */
  readonly chain: readonly Certificate[];
  /** Whom to trust. Only these end a path. */
  readonly roots: readonly Certificate[];
  /** The time to verify for, in milliseconds since the epoch. */
  readonly at: number;
  /** The certificate to verify, where `chain` holds others that have nothing to do with it (as a TLS peer may send). */
  readonly leaf?: Certificate;
  readonly rules?: PathRules & {
    /** Most certificates in a path, the root counted; 10 unless told. */
    readonly maxLength?: number;
  };
}

/** From the verified certificate to a trusted root, both included; one certificate when a root itself was given. */
export type CertificatePath = readonly [Certificate, ...Certificate[]];

const MOST_CERTIFICATES = 16;
const MOST_STEPS = 1000;

/**
 * Finds a path from the leaf to a trusted root that obeys RFC 5280: signatures, validity (the root's too), CA flags,
 * path lengths, key usage, directory-name constraints and critical extensions. Host names and revocation are not
 * looked at. Throws ChainError with the first reason found.
 */
export function verifyChain(input: ChainInput): CertificatePath {
  if (input.chain.length > MOST_CERTIFICATES) {
    throw new ChainError(
      'CHAIN_TOO_LONG',
      `a chain of ${input.chain.length} certificates, more than ${MOST_CERTIFICATES}`,
    );
  }
  const pool = input.chain.filter((one, index) => input.chain.findIndex((other) => other.equals(one)) === index);
  const search = new PathSearch(pool, input.roots, input.rules?.maxLength ?? 10);
  const leaf = input.leaf ?? findLeaf(pool, search);
  let refusal: ChainError | undefined;
  for (const path of search.paths([leaf])) {
    try {
      checkPath(path, input.at, input.rules ?? {});
      return path;
    } catch (error) {
      if (!(error instanceof ChainError)) throw error;
      refusal ??= error;
    }
  }
  throw refusal ?? search.deadEnd(leaf);
}

/** The certificate that none of the others was issued by. */
function findLeaf(pool: readonly Certificate[], search: PathSearch): Certificate {
  const [first] = pool;
  if (first === undefined) throw new ChainError('CHAIN_EMPTY', 'no certificate was given');
  const without = (issued: (by: Certificate, one: Certificate) => boolean): Certificate[] =>
    pool.filter((one) => !pool.some((other) => other !== one && issued(one, other)));
  const byName = without((by, one) => one.issuer.matches(by.subject));
  const found = byName.length > 0 ? byName : without((by, one) => search.isSignedBy(one, by));
  if (found.length === 1 && found[0] !== undefined) return found[0];
  throw new ChainError('CHAIN_AMBIGUOUS', `${found.length} of the certificates could be the one to verify`, {
    remedy: 'give one certificate and the issuers above it, nothing else',
  });
}

/** Walks from issuer to issuer by name and signature. */
class PathSearch {
  private readonly signatures = new Map<string, boolean>();
  private steps = 0;
  private broken: Certificate | undefined;
  private top: Certificate | undefined;

  constructor(
    private readonly pool: readonly Certificate[],
    private readonly roots: readonly Certificate[],
    private readonly maxLength: number,
  ) {}

  *paths(path: CertificatePath): Generator<CertificatePath> {
    const last = path.at(-1) ?? path[0];
    if (this.roots.some((root) => root.equals(last))) yield path;
    for (const root of this.roots) if (!path.includes(root) && this.extends(path, last, root)) yield [...path, root];
    for (const issuer of this.pool) {
      if (path.some((one) => one.equals(issuer)) || !this.extends(path, last, issuer)) continue;
      this.top = issuer;
      yield* this.paths([...path, issuer]);
    }
  }

  private extends(path: CertificatePath, last: Certificate, issuer: Certificate): boolean {
    this.steps += 1;
    if (this.steps > MOST_STEPS) throw new ChainError('CHAIN_AMBIGUOUS', 'the certificates form too many paths');
    if (path.length >= this.maxLength || !last.issuer.matches(issuer.subject)) return false;
    if (this.isSignedBy(last, issuer)) return true;
    this.broken ??= last;
    return false;
  }

  isSignedBy(one: Certificate, issuer: Certificate): boolean {
    const pair = `${one.fingerprint} ${issuer.fingerprint}`;
    let good = this.signatures.get(pair);
    good ??= verify(one, issuer);
    this.signatures.set(pair, good);
    return good;
  }

  /** Why no path was found. */
  deadEnd(leaf: Certificate): ChainError {
    const top = this.top ?? leaf;
    if (this.broken !== undefined && !this.isSignedBy(top, top)) {
      return new ChainError(
        'CHAIN_SIGNATURE',
        `the certificate of ${describe(this.broken)} was not signed by the issuer that it names`,
      );
    }
    return new ChainError(
      'CHAIN_UNKNOWN_ROOT',
      `the chain of ${describe(leaf)} ends at ${top.issuer.toCorda()}, which is not trusted`,
      {
        remedy: 'add the missing issuers to the chain, or its root to the trusted ones if it is to be trusted',
      },
    );
  }
}

function verify(one: Certificate, issuer: Certificate): boolean {
  try {
    return verifySignature(issuer.publicKey, one.signatureAlgorithm, one.signedBytes, one.signature);
  } catch (cause) {
    if (!(cause instanceof KeyError)) throw cause;
    throw new ChainError('CHAIN_KEY_UNSUPPORTED', `the key of ${describe(issuer)} cannot be used: ${cause.message}`, {
      cause,
    });
  }
}

/** Name and serial number, for messages. */
const describe = (one: Certificate): string => `${one.subject.toCorda()} (serial ${one.serial})`;
