import { pbkdf2Sync, timingSafeEqual } from 'node:crypto';
import type { PasswordLogin } from './broker-plan';

const HASHED = /^ENC\((\d+):((?:[0-9A-Fa-f]{2})+):((?:[0-9A-Fa-f]{2})+)\)$/;
/** A hash takes its time on purpose; the same question is asked for each cell of a matrix. */
const answered = new WeakMap<PasswordLogin, Map<string, boolean>>();

/** Whether the broker's properties login module takes `given` for what it has of the user, plain or hashed. */
export function passwordMatches(login: PasswordLogin, given: string): boolean {
  const parts = HASHED.exec(login.password);
  if (parts === null) return login.password === given;
  const known = answered.get(login) ?? new Map<string, boolean>();
  answered.set(login, known);
  const answer = known.get(given) ?? derives(given, Number(parts[1]), parts[2] ?? '', parts[3] ?? '');
  known.set(given, answer);
  return answer;
}

function derives(password: string, iterations: number, salt: string, hash: string): boolean {
  const expected = Buffer.from(hash, 'hex');
  const key = pbkdf2Sync(password, Buffer.from(salt, 'hex'), iterations, expected.length, 'sha1');
  return timingSafeEqual(key, expected);
}
