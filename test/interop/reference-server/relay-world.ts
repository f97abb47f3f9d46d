import { systemClock, type ManualClock } from '../../../sidecar/lib/clock';
import { silentLogger } from '../../../sidecar/lib/log';
import type { RelayInbox } from '../../../sidecar/relay/relay-inbox';
import type { StompRelayOptions } from '../../../sidecar/relay/relay-options';
import { StompRelay } from '../../../sidecar/relay/stomp-relay';
import { seeded } from './faults';
import { makeNode, relayTls, type NodeMaterial } from './node-material';
import { ReferenceServer, type ReferenceServerOptions } from './reference-server';

/** A node of ours and a peer with servers, for as long as a test takes. */
export class RelayWorld {
  readonly peer = makeNode('1234abcd');
  readonly own = makeNode('fc06c3edee3e2737c7089a3a03775c84');
  private readonly ends: (() => Promise<void>)[] = [];

  async serve(options: Partial<ReferenceServerOptions> = {}, node: NodeMaterial = this.peer): Promise<ReferenceServer> {
    const tls = { key: node.serverKey, cert: node.server.pem(), ca: node.root.pem() };
    const server = new ReferenceServer({ tls, peers: [this.own.id], random: seeded(1), ...options });
    await server.listen();
    this.ends.push(() => server.close());
    return server;
  }

  /** With hardly any wait between attempts; not started. */
  relay(inbox: RelayInbox, server: ReferenceServer, options: Partial<StompRelayOptions> = {}): StompRelay {
    const relay = new StompRelay({
      peer: this.peer.id,
      inbox,
      endpoint: server.endpoint(),
      tls: relayTls(this.own, this.peer),
      retry: { minMs: 1, maxMs: 5, handshakeMinMs: 1, handshakeMaxMs: 5 },
      clock: systemClock,
      random: seeded(2),
      log: silentLogger,
      ...options,
    });
    this.ends.push(() => relay.stop());
    return relay;
  }

  async end(): Promise<void> {
    for (const end of this.ends.splice(0).reverse()) await end();
  }
}

/** Asks again at each turn of the event loop until the answer is true; throws when it is not within `timeoutMs`. */
export async function until(what: string, holds: () => boolean, timeoutMs = 30_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise(setImmediate);
  }
}

/** Looks without a sign, a real millisecond apart, after which time may move on; and by how many milliseconds it does. */
const QUIET = { looks: 3, step: 2_000 };

/** As `until`, with a clock that moves on whenever the signs show that nothing goes on. */
export async function untilMoving(
  clock: ManualClock,
  what: string,
  holds: () => boolean,
  signs: () => number,
  timeoutMs = 50_000,
): Promise<void> {
  let last = signs();
  let quiet = 0;
  const end = Date.now() + timeoutMs;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
    const sign = signs();
    quiet = sign === last ? quiet + 1 : 0;
    last = sign;
    if (quiet < QUIET.looks) continue;
    quiet = 0;
    await clock.advance(QUIET.step);
  }
}
