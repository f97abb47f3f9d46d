import type { AddressInfo, Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { systemClock, type Clock } from '../../../sidecar/lib/clock';
import type { StompEndpoint } from '../../../sidecar/network/swaptacular-node';
import { ReferenceConnection, type ConnectionOwner, type StoredMessage } from './reference-connection';
import type { Faults } from './faults';
import type { ClientFrame } from './stomp-reader';

export interface ReferenceServerOptions {
  /** PEM: the server certificate with its key, and the own root, which alone is trusted. */
  readonly tls: { readonly key: string; readonly cert: string; readonly ca: string };
  /** The peers that are registered, by the serialNumber of their subjects. */
  readonly peers: readonly string[];
  readonly destination?: string;
  readonly clock?: Clock;
  readonly random?: () => number;
  /** Words of an ERROR for a message that must not be stored; unless given what is no JSON of the header's type is refused. */
  readonly refuse?: (type: string, body: Buffer) => string | undefined;
  /** False: neither messages nor frames are kept; for measurements. */
  readonly keep?: boolean;
  /** Milliseconds without a listener in a restart. */
  readonly downMs?: number;
}

const MOST_CONNECTIONS = 10;

/** A peer's STOMP server on 127.0.0.1 that does what the reference server was seen doing; what it stored is in `stored`. */
export class ReferenceServer {
  readonly stored: StoredMessage[] = [];
  /** CONNECT and SEND frames as they came. */
  readonly frames: ClientFrame[] = [];
  faults: Faults = () => undefined;
  /** Words of an ERROR for whoever connects now. */
  turnsAway: string | undefined;
  /** Whoever connects is not answered. */
  mute = false;
  connects = 0;
  restarts = 0;
  private seen = 0;
  private port = 0;
  private server: Server | undefined;
  private readonly open = new Map<ReferenceConnection, { readonly peer: string; readonly socket: TLSSocket }>();

  constructor(private readonly options: ReferenceServerOptions) {}

  async listen(): Promise<void> {
    const { key, cert, ca } = this.options.tls;
    const tls = { key, cert, ca, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' as const };
    const below = new Map<number | undefined, Socket>();
    const server = createServer(tls, (socket) => this.serve(socket, below.get(socket.remotePort) ?? socket));
    server.on('connection', (tcp: Socket) => {
      const { remotePort } = tcp;
      below.set(remotePort, tcp);
      tcp.on('close', () => below.delete(remotePort));
    });
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  /** Breaks off what is open. */
  async close(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    const closed = new Promise<void>((resolve) => {
      if (server === undefined) resolve();
      else server.close(() => resolve());
    });
    for (const connection of this.open.keys()) connection.break();
    await closed;
  }

  get connections(): number {
    return this.open.size;
  }

  endpoint(changes: Partial<StompEndpoint> = {}): StompEndpoint {
    return {
      servers: [{ host: '127.0.0.1', port: this.port }],
      host: '/',
      destination: this.destination,
      acceptedContentTypes: ['application/json'],
      ...changes,
    };
  }

  private get destination(): string {
    return this.options.destination ?? '/exchange/accounts_in';
  }

  private serve(socket: TLSSocket, tcp: Socket): void {
    this.connects += 1;
    const connection = new ReferenceConnection(socket, tcp, this.connects, this.owner());
    const peer = String(socket.getPeerCertificate().subject['serialNumber' as 'O']);
    this.open.set(connection, { peer, socket });
    socket.on('close', () => this.open.delete(connection));
    const sameName = [...this.open.values()].filter((other) => other.peer === peer).length;
    if (this.mute) connection.freeze();
    else if (this.turnsAway !== undefined) connection.error(this.turnsAway);
    else if (!this.options.peers.includes(peer)) connection.error('Unknown peer serial number.');
    else if (sameName > MOST_CONNECTIONS) connection.error('Too many connections from one peer.');
  }

  private owner(): ConnectionOwner {
    const { clock = systemClock, random = Math.random, refuse = refuseOtherTypes, keep = true } = this.options;
    return {
      clock,
      random,
      refuse,
      destination: this.destination,
      onHeaders: (frame) => {
        if (keep) this.frames.push(frame);
      },
      store: (message) => {
        if (keep) this.stored.push(message);
      },
      fault: () => {
        this.seen += 1;
        return this.faults(this.seen);
      },
      restart: () => void this.restart(),
    };
  }

  private async restart(): Promise<void> {
    if (this.server === undefined) return;
    this.restarts += 1;
    const { clock = systemClock, downMs = 1 } = this.options;
    await this.close();
    clock.after(downMs, () => void this.listen());
  }
}

function refuseOtherTypes(type: string, body: Buffer): string | undefined {
  try {
    const value: unknown = JSON.parse(body.toString());
    if ((value as { type?: unknown }).type === type) return undefined;
  } catch {
    // Refused as well.
  }
  return `Invalid ${type} message.`;
}
