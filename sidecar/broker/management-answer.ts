import { messageOf } from '../lib/errors';
import { ManagementError } from './management-error';

/**
 * The result of an operation from the answer's body, a JSON array with one value; undefined when it has none.
 * Throws MANAGEMENT_REFUSED or MANAGEMENT_NOT_ALLOWED with the broker's words when it failed.
 */
export function readAnswer(label: string, succeeded: boolean, body: unknown): unknown {
  const value = firstOf(label, body);
  if (succeeded) return value;
  const words = typeof value === 'string' ? value : JSON.stringify(value ?? 'no reason given');
  if (/AMQ22903[12]|AMQ229213|does not have permission/.test(words)) {
    throw new ManagementError('MANAGEMENT_NOT_ALLOWED', `The broker does not allow ${label}: ${words}`, {
      remedy: 'Give the management user the permission that the message names',
    });
  }
  throw new ManagementError('MANAGEMENT_REFUSED', `The broker refuses ${label}: ${words}`);
}

function firstOf(label: string, body: unknown): unknown {
  if (body === null || body === undefined) return undefined;
  const text = Buffer.isBuffer(body) ? body.toString('utf8') : body;
  if (typeof text !== 'string') throw invalid(label, 'its body is not a text');
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch (error) {
    throw invalid(label, messageOf(error));
  }
  if (!Array.isArray(values)) throw invalid(label, 'it is not a JSON array');
  return (values as unknown[])[0] ?? undefined;
}

function invalid(label: string, reason: string): ManagementError {
  return new ManagementError('MANAGEMENT_ANSWER_INVALID', `The broker's answer to ${label} cannot be read: ${reason}`, {
    remedy: 'Check that the broker is a supported version of Artemis',
  });
}
