import type { SecureContext } from 'node:tls';
import type { Clock } from '../lib/clock';
import type { HostAndPort } from '../network/identity';
import type { StompEndpoint } from '../network/swaptacular-node';
import { openPeerSocket } from './peer-socket';
import { StompSession, type SessionEvents } from './stomp-session';

export interface PeerServersOptions {
  readonly peer: string;
  readonly endpoint: StompEndpoint;
  readonly context: SecureContext;
  readonly connectMs: number;
  readonly clock: Clock;
  readonly random: () => number;
}

export interface OpenServer {
  readonly session: StompSession;
  /** HOST:PORT. */
  readonly where: string;
}

/** The servers of one peer. */
export class PeerServers {
  constructor(private readonly options: PeerServersOptions) {}

  /** The first server that lets us in, in random order. Rejects with the failure that says most, or when aborted. */
  async open(events: SessionEvents, signal: AbortSignal): Promise<OpenServer> {
    const { endpoint, random } = this.options;
    const failures: Error[] = [];
    const tried = new Set<string>();
    for (const server of shuffled(endpoint.servers, random)) {
      const where = `${server.host}:${server.port}`;
      // One that is listed twice is picked twice as often, and tried once.
      if (tried.has(where)) continue;
      tried.add(where);
      try {
        return { session: await this.try(server, where, events, signal), where };
      } catch (error) {
        signal.throwIfAborted();
        failures.push(error as Error);
      }
    }
    throw mostTelling(failures);
  }

  private async try(
    address: HostAndPort,
    where: string,
    events: SessionEvents,
    signal: AbortSignal,
  ): Promise<StompSession> {
    const { peer, endpoint, context, connectMs: timeoutMs, clock } = this.options;
    const socket = await openPeerSocket({ address, context, peerId: peer, timeoutMs, clock, signal });
    const { host, login, passcode } = endpoint;
    const secrets = { ...(login === undefined ? {} : { login }), ...(passcode === undefined ? {} : { passcode }) };
    return StompSession.open({ socket, where, host, ...secrets, timeoutMs, clock, signal }, events);
  }
}

function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const left = [...items];
  const order: Item[] = [];
  while (left.length > 0) order.push(...left.splice(Math.floor(random() * left.length), 1));
  return order;
}

const TELLING: readonly string[] = [
  ...['RELAY_REFUSED', 'RELAY_MESSAGE_REFUSED', 'ACCESS_WRONG_PEER', 'ACCESS_TLS', 'RELAY_PROTOCOL'],
  ...['RELAY_NOT_ADMITTED', 'RELAY_NO_ANSWER', 'ACCESS_TIMEOUT'],
];

/** A server that is down says least about the peer. */
function mostTelling(failures: readonly Error[]): Error {
  const rank = (error: Error): number => {
    const place = TELLING.indexOf((error as { code?: string }).code ?? '');
    return place < 0 ? TELLING.length : place;
  };
  const [first] = [...failures].sort((a, b) => rank(a) - rank(b));
  return first ?? new Error('the peer has no server');
}
