import type { StompEndpoint } from '../../sidecar/network/swaptacular-node';
import { ReferenceServer, type ReferenceServerOptions } from '../interop/reference-server/reference-server';

/** What the bench tells the peer: who it is. */
export interface ToPeer {
  readonly options: Pick<ReferenceServerOptions, 'tls' | 'peers'>;
}
/** What the peer answers: where it takes messages. */
export interface FromPeer {
  readonly endpoint: StompEndpoint;
}

process.once('message', ({ options }: ToPeer) => {
  const server = new ReferenceServer({ ...options, keep: false, refuse: () => undefined });
  void server.listen().then(() => process.send?.({ endpoint: server.endpoint() } satisfies FromPeer));
});
process.once('disconnect', () => process.exit());
