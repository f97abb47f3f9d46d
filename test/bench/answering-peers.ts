import type { AddressInfo } from 'node:net';
import { randomBytes } from 'node:crypto';
import { create_container, ReceiverEvents, type EventContext } from 'rhea';
import { chainPem } from '../../sidecar/dev-network/credential';
import { issueTls } from '../../sidecar/dev-network/issue-corda';
import { settingsAt } from '../../sidecar/dev-network/dev-network';
import { systemClock } from '../../sidecar/lib/clock';
import type { PooledPeer } from './peer-pool';

/** Peers that take every message, all in this process: a TLS door each, with the certificate of that peer. */
export class AnsweringPeers {
  /** Messages taken, by the peer's place. */
  readonly taken: number[] = [];
  private readonly closers: (() => void)[] = [];

  /** Opens a door for each peer, at the port that its NodeInfo names. */
  async open(peers: readonly PooledPeer[]): Promise<void> {
    for (const [index, peer] of peers.entries()) await this.openOne(peer, index);
  }

  close(): void {
    for (const close of this.closers) close();
  }

  private openOne({ peer, nodeCa }: PooledPeer, index: number): Promise<AddressInfo> {
    const [{ host, port }] = peer.addresses;
    const tls = issueTls(nodeCa, settingsAt(systemClock, randomBytes));
    const container = create_container({ autoaccept: true });
    (container.sasl_server_mechanisms as { enable_plain(check: () => boolean): void }).enable_plain(() => true);
    this.taken[index] = 0;
    container.on(ReceiverEvents.receiverOpen, ({ receiver }: EventContext) => {
      if (receiver === undefined) return;
      // A bridge gives up a link whose ends are not repeated to it.
      receiver.set_source({ address: receiver.source.address });
      receiver.set_target({ address: receiver.target.address });
    });
    container.on(ReceiverEvents.message, () => {
      this.taken[index] = (this.taken[index] ?? 0) + 1;
    });
    // A client that goes away is not this bench's affair.
    for (const event of ['disconnected', 'connection_error', 'receiver_error', 'error']) {
      container.on(event, () => undefined);
    }
    const server = container.listen({
      transport: 'tls',
      host,
      port,
      key: tls.privateKey,
      cert: chainPem(tls.chain),
      requestCert: true,
      rejectUnauthorized: false,
    });
    this.closers.push(() => server.close());
    return new Promise((resolve, reject) => {
      server.once('error', reject).once('listening', () => resolve(server.address() as AddressInfo));
    });
  }
}
