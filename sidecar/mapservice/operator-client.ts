import { systemErrorCode } from '../config/error-code';
import { messageOf, NetmapError } from '../lib/errors';
import type { OperatorConfig } from './map-service-config';

/**
 * - OPERATOR_REFUSED: the service does not do it (the message has its reason)
 * - OPERATOR_UNREACHABLE: something answers at the entrance, or does not, but it is no map service
 */
export class OperatorError extends NetmapError<'OPERATOR_REFUSED' | 'OPERATOR_UNREACHABLE'> {}

export interface OperatorAnswer {
  /** JSON. */
  readonly value: unknown;
}

const WAIT_MS = 60_000;
const FILE = 'application/octet-stream';

/**
 * Asks a running service at its operator's entrance; `body` is posted. Undefined when nothing listens there. Rejects
 * with OperatorError, or the signal's reason.
 */
export async function askOperator(
  access: OperatorConfig,
  path: string,
  signal: AbortSignal,
  body?: string,
): Promise<OperatorAnswer | undefined> {
  const answer = await request(access, path, signal, body);
  if (answer === undefined) return undefined;
  const value = parse(answer.body.toString('utf8'));
  if (value === undefined) throw stranger(answer);
  return { value };
}

/** As `askOperator`, for an answer that is a file. */
export async function fetchFromOperator(
  access: OperatorConfig,
  path: string,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  const answer = await request(access, path, signal);
  if (answer?.type?.startsWith(FILE) === false) throw stranger(answer);
  return answer?.body;
}

interface Answered {
  readonly url: string;
  readonly status: number;
  readonly type: string | undefined;
  readonly body: Buffer;
}

async function request(
  { port, token }: OperatorConfig,
  path: string,
  signal: AbortSignal,
  body?: string,
): Promise<Answered | undefined> {
  const url = `http://127.0.0.1:${port}/operator/${path}`;
  let answer: Answered & { readonly ok: boolean };
  try {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${token.reveal()}`, 'content-type': 'text/plain' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(WAIT_MS)]),
      ...(body === undefined ? {} : { method: 'POST', body }),
    });
    const { ok, status, headers } = response;
    const type = headers.get('content-type') ?? undefined;
    answer = { url, ok, status, type, body: Buffer.from(await response.arrayBuffer()) };
  } catch (cause) {
    signal.throwIfAborted();
    if (isRefusedConnection(cause)) return undefined;
    throw new OperatorError('OPERATOR_UNREACHABLE', `${url} does not answer: ${messageOf(cause)}`, { cause });
  }
  if (answer.ok) return answer;
  const value = parse(answer.body.toString('utf8'));
  if (!isRefusal(value)) throw stranger(answer);
  throw new OperatorError('OPERATOR_REFUSED', `the service refuses: ${value.code}: ${value.message}`);
}

function stranger({ url, status }: Answered): OperatorError {
  const message = `${url} answers with status ${status}, which is no answer of a map service`;
  return new OperatorError('OPERATOR_UNREACHABLE', message);
}

/** As fetch tells it: the connection's own error is the cause. */
function isRefusedConnection(error: unknown): boolean {
  const cause = typeof error === 'object' && error !== null && 'cause' in error ? error.cause : undefined;
  return systemErrorCode(cause) === 'ECONNREFUSED';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isRefusal(value: unknown): value is { readonly code: string; readonly message: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'code' in value &&
    'message' in value &&
    typeof value.code === 'string' &&
    typeof value.message === 'string'
  );
}
