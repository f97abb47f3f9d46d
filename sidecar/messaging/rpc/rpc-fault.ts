import { NetmapError } from '../../lib/errors';

/** What a handler throws to have a call fail: the call rejects with the same code and message. */
export class RpcFault extends NetmapError {
  /** `code` is for programs and stable, in UPPER_SNAKE; `message` for people. */
  constructor(code: string, message: string, detail: { readonly cause?: unknown } = {}) {
    super(code, message, detail);
  }
}

/** Application property of a reply that is a fault: its code. The body is its message, as text. */
export const FAULT_HEADER = 'netmap_rpc_fault';
/** The code of a fault for which the handler gave none: it threw something else. */
export const INTERNAL = 'RPC_INTERNAL';
/** The code of a fault that stands for an answer over the largest message. */
export const TOO_LARGE = 'RPC_ANSWER_TOO_LARGE';
/** The code of a fault that stands for an answer that cannot be sent. */
export const ANSWER_INVALID = 'RPC_ANSWER_INVALID';
