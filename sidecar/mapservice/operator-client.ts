import type { Secret } from '../config/secret';
import { systemErrorCode } from '../config/error-code';
import { messageOf, NetmapError } from '../lib/errors';

/**
 * - OPERATOR_REFUSED: the service does not do it (the message has its reason)
 * - OPERATOR_UNREACHABLE: something answers at the entrance, or does not, but it is no map service
 */
export class OperatorError extends NetmapError<'OPERATOR_REFUSED' | 'OPERATOR_UNREACHABLE'> {}

export interface OperatorAnswer {
  /** JSON. */
  readonly value: unknown;
}

const WAIT_MS = 30_000;

/**
 * Asks a running service at its operator's entrance; `body` is posted. Undefined when nothing listens there. Rejects
 * with OperatorError, or the signal's reason.
 */
export async function askOperator(
  { port, token }: { readonly port: number; readonly token: Secret },
  path: string,
  signal: AbortSignal,
  body?: string,
): Promise<OperatorAnswer | undefined> {
  const url = `http://127.0.0.1:${port}/operator/${path}`;
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      headers: { authorization: `Bearer ${token.reveal()}`, 'content-type': 'text/plain' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(WAIT_MS)]),
      ...(body === undefined ? {} : { method: 'POST', body }),
    });
    text = await response.text();
  } catch (cause) {
    signal.throwIfAborted();
    if (isRefusedConnection(cause)) return undefined;
    throw new OperatorError('OPERATOR_UNREACHABLE', `${url} does not answer: ${messageOf(cause)}`, { cause });
  }
  const value = parse(text);
  if (response.ok && value !== undefined) return { value };
  if (isRefusal(value))
    throw new OperatorError('OPERATOR_REFUSED', `the service refuses: ${value.code}: ${value.message}`);
  throw new OperatorError(
    'OPERATOR_UNREACHABLE',
    `${url} answers with status ${response.status}, which is no answer of a map service`,
  );
}

function isRefusedConnection(error: unknown): boolean {
  return error instanceof Error && systemErrorCode(error.cause) === 'ECONNREFUSED';
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
