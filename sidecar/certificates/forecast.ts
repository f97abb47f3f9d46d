/** What a certificate is for, as this node sees it. */
export type SightedRole =
  /** Shown by the node's own acceptors and connections. */
  | 'tls'
  | 'rpc'
  | 'node-ca'
  | 'intermediate'
  | 'root'
  | 'identity'
  /** By whom the HTTPS certificate of the network map service may be issued. */
  | 'map-trust'
  /** Issues a peer's TLS certificates: what a bridge to it trusts. */
  | 'peer-ca'
  | 'peer-root'
  /** What this node has issued to a peer, and what the peer has issued to this node. */
  | 'peer-certificate'
  | 'sub-ca';

/** The part of a certificate that a forecast is made of. */
export interface DatedCertificate {
  readonly serial: string;
  /** SHA-256, lower-case hexadecimal. */
  readonly fingerprint: string;
  /** Milliseconds since the epoch; valid at both ends. */
  readonly notBefore: number;
  readonly notAfter: number;
}

export interface SightedCertificate {
  readonly role: SightedRole;
  /** The subject, in the spelling of its network. */
  readonly subject: string;
  /** The file that holds it, or what else it was read from. */
  readonly from: string;
  /** The id of the peer whose certificate it is; absent for the node's own. */
  readonly peer?: string;
  readonly certificate: DatedCertificate;
}

export type CertificateVerdict = 'good' | 'expiring' | 'expired' | 'not-yet-valid' | 'revoked';

export interface CertificateForecast {
  readonly role: SightedRole;
  readonly subject: string;
  readonly from: string;
  readonly peer?: string;
  readonly serial: string;
  readonly fingerprint: string;
  readonly notBefore: number;
  readonly notAfter: number;
  /** Whole days until it ends, rounded down; below 0 when it has ended. */
  readonly daysLeft: number;
  readonly verdict: CertificateVerdict;
}

export interface ForecastInput {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What ends within so many milliseconds is `expiring`. */
  readonly withinMs: number;
  /** Whether its issuer has revoked it, as far as is known. */
  readonly isRevoked?: (certificate: DatedCertificate) => boolean;
}

export const DAY_MS = 86_400_000;

/** When certificates end and what that means now, those first that end first. Depends on its arguments alone. */
export function forecast(sighted: readonly SightedCertificate[], input: ForecastInput): CertificateForecast[] {
  return sighted
    .map(({ certificate, ...rest }) => ({
      ...rest,
      serial: certificate.serial,
      fingerprint: certificate.fingerprint,
      notBefore: certificate.notBefore,
      notAfter: certificate.notAfter,
      daysLeft: Math.floor((certificate.notAfter - input.now) / DAY_MS),
      verdict: verdictOf(certificate, input),
    }))
    .sort((a, b) => a.notAfter - b.notAfter || (a.subject < b.subject ? -1 : 1));
}

/** What may be said of one certificate now; what is worst, where several things may. */
export function verdictOf(certificate: DatedCertificate, input: ForecastInput): CertificateVerdict {
  const { now, withinMs, isRevoked } = input;
  if (isRevoked?.(certificate) === true) return 'revoked';
  if (now > certificate.notAfter) return 'expired';
  if (now < certificate.notBefore) return 'not-yet-valid';
  return certificate.notAfter - now <= withinMs ? 'expiring' : 'good';
}
