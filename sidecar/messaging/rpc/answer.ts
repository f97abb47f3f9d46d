import { encode } from '../client/encode';
import { HEADER } from '../headers';
import { MessagingError } from '../messaging-error';
import type { WireMessage } from '../transport';
import { ANSWER_INVALID, FAULT_HEADER, INTERNAL, RpcFault, TOO_LARGE } from './rpc-fault';
import type { RpcAnswer } from './rpc-message';

export interface Fault {
  readonly code: string;
  readonly message: string;
}

export interface AnswerEnvelope {
  readonly id: string;
  readonly createdAt: number;
  readonly request: WireMessage;
  readonly maxMessageSize: number;
}

/** Life of a reply to a request that says nothing of its own, milliseconds. */
const REPLY_LIFE_MS = 60_000;
const MOST_WORDS = 10_000;
const MOST_CODE = 200;

/** As it goes to the client. Throws MessagingError MESSAGE_INVALID or MESSAGE_TOO_LARGE. */
export function answerMessage(answer: RpcAnswer, envelope: AnswerEnvelope): WireMessage {
  return reply(answer, {}, envelope);
}

/** Tells the client that his call failed. */
export function faultMessage({ code, message }: Fault, envelope: AnswerEnvelope): WireMessage {
  const body = message.slice(0, MOST_WORDS);
  const roomy = { ...envelope, maxMessageSize: Infinity };
  const marks = { [FAULT_HEADER]: code.slice(0, MOST_CODE) };
  return reply({ body, contentType: 'text/plain; charset=utf-8' }, marks, roomy);
}

/** What the client learns of what a handler threw: of what was not meant for him only that it was so. */
export function handlerFault(error: unknown): Fault {
  return error instanceof RpcFault ? error : { code: INTERNAL, message: 'the call failed at the server' };
}

/** What the client learns of an answer that `answerMessage` did not take. */
export function answerFault(error: unknown): Fault {
  return error instanceof MessagingError && error.code === 'MESSAGE_TOO_LARGE'
    ? { code: TOO_LARGE, message: `the answer is too large: ${error.message}` }
    : { code: ANSWER_INVALID, message: 'the answer cannot be sent' };
}

/** Without a duplicate ID: the client drops a second reply, and the broker would remember the ids of each client. */
function reply(answer: RpcAnswer, marks: Record<string, string>, envelope: AnswerEnvelope): WireMessage {
  const { id, createdAt, request, maxMessageSize } = envelope;
  const { ttl = REPLY_LIFE_MS } = request;
  const wire = encode(
    answer,
    { id, createdAt, ttl, marks, correlationId: request.correlationId ?? request.id, duplicateId: '' },
    maxMessageSize,
  );
  const marked = Object.entries(wire.properties).filter(([name]) => name !== HEADER.duplicateId);
  return { ...wire, properties: Object.fromEntries(marked) };
}
