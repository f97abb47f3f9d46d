import type { SwaptacularPeer } from '../../network/swaptacular-node';
import { PeerServers } from '../../relay/peer-servers';
import { relayContext } from '../../relay/peer-socket';
import type { NodeMaterial } from '../node-material';
import type { Site } from './site';

/**
 * Goes the way of a relay to the peer until it lets us in, and leaves: a TLS 1.3 server says only after the handshake that it
 * does not like our certificate. Throws AccessError, RelayError.
 */
export async function tryRelay(
  { timeoutMs, clock }: Pick<Site, 'timeoutMs' | 'clock'>,
  { nodeKey: key, nodeChain: chain }: NodeMaterial['stores'],
  { id, rootCertificate: trust, subCa = '', stomp: endpoint }: SwaptacularPeer,
): Promise<void> {
  const servers = new PeerServers({
    ...{ peer: id, endpoint, connectMs: timeoutMs, clock },
    context: relayContext({ key, chain: `${chain}${subCa}`, trust }),
    // The order does not matter: which failure is told does not depend on it.
    random: () => 0,
  });
  const ignore = (): void => undefined;
  const { session } = await servers.open({ onReceipt: ignore, onEnd: ignore }, new AbortController().signal);
  session.close();
}
