import type { BaseSettings } from './broker-plan';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface RpcUser {
  readonly name: string;
  /** `ENC(...)` as Artemis' hash processor reads it. */
  readonly passwordHash: string;
}

/** What a plan is made from besides the view: one node's own settings. */
export interface PlanSettings {
  /** Absolute path of the broker's instance folder. */
  readonly instance: string;
  /** Absolute path of the folder of its journal; `data` in the instance folder unless given. */
  readonly data?: string;
  /** Another broker has the same folder of data, and the one that holds its lock serves. */
  readonly sharedStore?: true;
  readonly acceptors: {
    readonly p2p: Endpoint;
    readonly node: Endpoint;
    readonly rpcAdmin: Endpoint;
    readonly rpc: Endpoint & { readonly tls: 'own' | 'off' | 'separate' };
  };
  /** In a Swaptacular network: the destination to which peers send over STOMP. */
  readonly stomp?: { readonly destination: string };
  readonly rpcUsers: readonly RpcUser[];
  /** Bytes; what is larger is refused by every acceptor. */
  readonly maxMessageSize: number;
  readonly base: BaseSettings;
}
