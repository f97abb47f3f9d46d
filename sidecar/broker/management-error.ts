import { NetmapError, type ErrorDetail } from '../lib/errors';

/**
 * MANAGEMENT_REFUSED: the broker carried the request out and said no; the message has its words.
 * MANAGEMENT_TIMEOUT: no answer in time; whether it was carried out is not known.
 * MANAGEMENT_UNREACHABLE: no connection, or it was lost before the answer came.
 * MANAGEMENT_NOT_ALLOWED: wrong user, password or certificate, or a permission is missing.
 * MANAGEMENT_ANSWER_INVALID: the broker's answer has not the shape that this operation has.
 */
export type ManagementErrorCode =
  | 'MANAGEMENT_REFUSED'
  | 'MANAGEMENT_TIMEOUT'
  | 'MANAGEMENT_UNREACHABLE'
  | 'MANAGEMENT_NOT_ALLOWED'
  | 'MANAGEMENT_ANSWER_INVALID';

export class ManagementError extends NetmapError<ManagementErrorCode> {
  constructor(code: ManagementErrorCode, message: string, detail: ErrorDetail = {}) {
    const retry = code === 'MANAGEMENT_TIMEOUT' || code === 'MANAGEMENT_UNREACHABLE';
    super(code, message, { decision: retry ? 'retry' : 'hold', ...detail });
  }
}
