import type { MessagingState } from '../messaging-state';

/** What a client asks, as the server's handler gets it. */
export interface RpcRequest {
  /** As the client made it. */
  readonly id: string | undefined;
  /** Who asks, by the broker's word: nothing that he writes into the request changes it. */
  readonly user: string;
  readonly method: string | undefined;
  readonly body: Buffer;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** 1 the first time; a request comes again when the server's connection was lost before it was answered. */
  readonly attempt: number;
  /** How long the client waits from when the request was stored, milliseconds. */
  readonly timeToLiveMs: number | undefined;
  /** By the broker's clock, milliseconds since the epoch. */
  readonly arrivedAt: number | undefined;
}

/** What a handler answers. */
export interface RpcAnswer {
  /** One AMQP Data section; a text is sent as UTF-8. */
  readonly body: Uint8Array | string;
  readonly contentType?: string;
  readonly contentEncoding?: string;
  /** Names as in `Message`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a call resolves with. */
export interface RpcReply {
  readonly correlationId: string | undefined;
  readonly body: Buffer;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/** Answers one request. A thrown RpcFault is the client's; of any other error he learns that there was one. */
export type RpcHandler = (request: RpcRequest) => Promise<RpcAnswer> | RpcAnswer;

/** What the client's side of either end can tell of its connection. */
export interface RpcEnd {
  readonly state: MessagingState;
  /** Calls back at each change until the returned function is called. */
  onState(listener: (state: MessagingState) => void): () => void;
  /** Takes no more work, ends what is under way, gives up what is left after the time, and disconnects. Never rejects. */
  close(options?: { readonly timeoutMs?: number }): Promise<void>;
}
