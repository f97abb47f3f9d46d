import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { authorityHome, type AuthorityHome } from '../../integration/support/authority-home';
import { NodeChild, type NodePlace } from '../../integration/support/node-child';
import { TcpProxy } from '../../integration/support/tcp-proxy';
import { ReferenceServer } from '../../interop/reference-server/reference-server';

/** The authority as a node of ours, the creditors agent as a reference server, and a proxy either way between them. */
export interface SwaptacularChain extends Pick<AuthorityHome, 'access' | 'ids' | 'clientTls'> {
  readonly node: NodeChild<NodePlace>;
  readonly server: ReferenceServer;
  /** From the node to the peer. */
  readonly wayOut: TcpProxy;
  /** From the peer to the node. */
  readonly wayIn: TcpProxy;
  stop(): Promise<void>;
}

/** Everything but the node is started. */
export async function swaptacularChain(random: () => number): Promise<SwaptacularChain> {
  const folder = await mkdtemp(join(tmpdir(), 'netmap-chain-'));
  const home = await authorityHome(folder, { more: 'bridges: { pollMilliseconds: 200 }\n' });
  const { ids, peerTls: tls } = home;
  const server = new ReferenceServer({ tls, peers: [ids.own], destination: '/exchange/creditors_in', random });
  await server.listen();
  const wayOut = await TcpProxy.start(server.endpoint().servers[0].port);
  await home.expectPeerAt(wayOut.port);
  const wayIn = await TcpProxy.start(home.p2p);
  const node = new NodeChild(home.place);
  return {
    ...{ ...home, node, server, wayOut, wayIn },
    async stop() {
      await node.stop();
      await Promise.all([wayOut.close(), wayIn.close(), server.close()]);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
