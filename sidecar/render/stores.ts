import type { Bridge } from '../plan/broker-plan';
import { STORES } from '../plan/corda-acceptors';
import type { FileEffect, RenderedFile } from './rendered-file';

/** PEM texts from which the broker's key and trust stores are made. */
export interface StoreContents {
  /** Private key (PKCS#8) and chain, leaf first, of the node's TLS certificate. */
  readonly nodeKey: string;
  readonly nodeChain: string;
  /** The node's TLS certificate alone. */
  readonly ownCertificate: string;
  readonly roots: string;
  /** Key and chain of the rpc acceptor where it has its own. */
  readonly rpc?: { readonly key: string; readonly chain: string };
}

export function renderStores(contents: StoreContents, active: readonly Bridge[]): RenderedFile[] {
  const store = (path: string, content: string, secret: boolean, effect: FileEffect = 'acceptors'): RenderedFile => ({
    path,
    content,
    effect,
    secret,
  });
  const joined = (...parts: string[]): string => parts.map((part) => `${part.trim()}\n`).join('');
  return [
    store(STORES.node, joined(contents.nodeKey, contents.nodeChain), true),
    store(STORES.ownCertificate, joined(contents.ownCertificate), false),
    store(STORES.roots, joined(contents.roots), false),
    ...(contents.rpc === undefined ? [] : [store(STORES.rpc, joined(contents.rpc.key, contents.rpc.chain), true)]),
    ...active.map((bridge) => store(STORES.peer(bridge.peer), joined(bridge.trust), false, 'none')),
  ];
}
