import type { Certificate } from './certificate';
import { RevocationError } from './revocation-error';
import type { RevocationList } from './revocation-list';

/** `soft`: what no current list tells of is let through; `hard`: it is refused. */
export type RevocationFailure = 'soft' | 'hard';

export interface RevocationRules {
  /** Verified lists, one an issuer. */
  readonly lists: readonly RevocationList[];
  readonly failure: RevocationFailure;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/**
 * Throws RevocationError CERTIFICATE_REVOKED for a certificate that a list names, a stale one too, as what is revoked stays
 * so; REVOCATION_UNKNOWN where `hard` asks for a current list of its issuer and there is none.
 */
export function checkRevocation(certificate: Certificate, { lists, failure, at }: RevocationRules): void {
  const whose = `the certificate of ${certificate.subject.toCorda()} (serial ${certificate.serial})`;
  if (lists.some((list) => list.revokes(certificate)))
    throw new RevocationError('CERTIFICATE_REVOKED', `${whose} was revoked by its issuer`, {
      remedy: 'nobody should use it any more; its owner has the network issue another',
    });
  if (failure === 'soft') return;
  const known = lists.find(({ issuer }) => issuer.matches(certificate.issuer));
  if (known !== undefined && !known.isStale(at)) return;
  const why = known === undefined ? 'there is none' : `its newest has ended on ${dated(known.nextUpdate)}`;
  throw new RevocationError(
    'REVOCATION_UNKNOWN',
    `${whose} needs a current revocation list of ${certificate.issuer.toCorda()}: ${why}`,
    { remedy: 'see to it that the list can be fetched, or set certificates.revocation.failure to soft' },
  );
}

/**
 * A list that may be used from now on in place of `before`. Throws RevocationError: nobody of `cas` has signed it, it is
 * from the future, stale, or older than what was seen.
 */
export function checkList(
  list: RevocationList,
  cas: readonly Certificate[],
  at: number,
  before: RevocationList | undefined,
): void {
  const whose = `the revocation list of ${list.issuer.toCorda()}`;
  if (!cas.some((ca) => list.isBy(ca)))
    throw new RevocationError('REVOCATION_LIST_UNTRUSTED', `${whose} was signed by no CA of this network`, {
      remedy: 'look at where it comes from; give the certificate of its issuer in certificates.revocation.issuers',
    });
  if (list.thisUpdate > at + CLOCKS_MS)
    throw new RevocationError('REVOCATION_LIST_STALE', `${whose} is of ${dated(list.thisUpdate)}, which is to come`, {
      remedy: 'look at the clock of this machine',
    });
  if (before !== undefined && list.thisUpdate < before.thisUpdate)
    throw new RevocationError('REVOCATION_LIST_OLDER', `${whose} is older than the one that is in use`, {
      remedy: 'somebody serves an old list: look at where it comes from',
    });
  if (list.isStale(at))
    throw new RevocationError('REVOCATION_LIST_STALE', `${whose} has ended on ${dated(list.nextUpdate)}`, {
      remedy: 'have its issuer make a new one',
    });
}

/** What clocks of two machines may differ. */
const CLOCKS_MS = 300_000;

function dated(at: number | undefined): string {
  return at === undefined ? 'no day' : new Date(at).toISOString();
}
