import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../lib/clock';

export interface OperatorSessionsOptions {
  readonly password: string;
  readonly clock: Pick<Clock, 'now'>;
  /** A text that nobody can guess. */
  readonly newToken: () => string;
}

export interface OperatorSession {
  /** Goes into the cookie. */
  readonly token: string;
  /** Has to come with whatever is to be done, in a header: a foreign page can send the cookie, but not this. */
  readonly proof: string;
}

/** Until a wrong password is looked at again. */
const FAILURES = { most: 5, perMs: 60_000 };
const LASTS_MS = 8 * 3_600_000;
const MOST_SESSIONS = 100;

/** Who has logged in as operator. */
export class OperatorSessions {
  private readonly sessions = new Map<string, { readonly proof: string; readonly until: number }>();
  private failures: number[] = [];

  constructor(private readonly options: OperatorSessionsOptions) {}

  /** `wait`: milliseconds until a password is looked at again. */
  logIn(password: string): OperatorSession | 'wrong' | { readonly wait: number } {
    const { clock, newToken } = this.options;
    const now = clock.now();
    this.failures = this.failures.filter((at) => now - at < FAILURES.perMs);
    const [first = now] = this.failures;
    if (this.failures.length >= FAILURES.most) return { wait: first + FAILURES.perMs - now };
    if (!isSame(password, this.options.password)) {
      this.failures.push(now);
      return 'wrong';
    }
    const session = { token: newToken(), proof: newToken() };
    this.sessions.set(digestOf(session.token), { proof: session.proof, until: now + LASTS_MS });
    const [oldest] = this.sessions.keys();
    if (this.sessions.size > MOST_SESSIONS && oldest !== undefined) this.sessions.delete(oldest);
    return session;
  }

  /** The proof that goes with a cookie; undefined where nobody is logged in by it. */
  proofOf(token: string): string | undefined {
    const key = digestOf(token);
    const session = this.sessions.get(key);
    if (session === undefined) return undefined;
    if (session.until > this.options.clock.now()) return session.proof;
    this.sessions.delete(key);
    return undefined;
  }

  /** Whether cookie and header belong to one login. */
  may(token: string, proof: string): boolean {
    const known = this.proofOf(token);
    return known !== undefined && isSame(proof, known);
  }

  logOut(token: string): void {
    this.sessions.delete(digestOf(token));
  }
}

function isSame(given: string, wanted: string): boolean {
  return timingSafeEqual(createHash('sha256').update(given).digest(), createHash('sha256').update(wanted).digest());
}

function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
