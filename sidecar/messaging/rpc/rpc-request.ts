import { rpcAddresses } from '../../plan/address-profile';
import { HEADER, isFree } from '../headers';
import { MessagingError } from '../messaging-error';
import type { WireDelivery, WireMessage } from '../transport';
import type { RpcRequest } from './rpc-message';

export interface ReadRequest {
  readonly request: RpcRequest;
  /** The reply queue of the very user who asks. */
  readonly replyTo: string;
}

/** A request as it came in, or why it is not answered. */
export function readRequest(wire: WireDelivery): ReadRequest | MessagingError {
  const user = rpcAddresses.userOf(wire.to);
  if (user === undefined) return refused(`it came in by ${shown(wire.to)}, which names no user`);
  const { replyTo } = wire;
  if (replyTo === undefined || replyTo === '') return refused(`${user} names no reply queue`);
  if (rpcAddresses.readerOf(replyTo) !== user) return refused(`${user} names ${shown(replyTo)} for the reply`);
  return {
    replyTo,
    request: {
      id: wire.id,
      user,
      method: methodOf(wire),
      body: wire.body,
      contentType: wire.contentType,
      contentEncoding: wire.contentEncoding,
      headers: headersOf(wire),
      attempt: wire.deliveryCount + 1,
      timeToLiveMs: wire.ttl,
      arrivedAt: wire.ingressTime,
    },
  };
}

export function methodOf({ properties }: WireMessage): string | undefined {
  const method = properties[HEADER.topic];
  return method === undefined ? undefined : String(method);
}

/** Those that applications have set. */
export function headersOf({ properties }: WireMessage): Record<string, string> {
  const free = Object.entries(properties).filter(([name]) => isFree(name));
  return Object.fromEntries(free.map(([name, value]) => [name, String(value)]));
}

function refused(why: string): MessagingError {
  return new MessagingError('MESSAGE_INVALID', `an RPC request is not answered: ${why}`, {
    remedy: "a request's reply-to is the client's own queue, rpc.client.USER.RANDOM",
  });
}

/** Whatever it is: it was written by a stranger. */
function shown(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}
