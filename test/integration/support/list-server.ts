import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A web server of revocation lists, as whoever runs a network's CA has it. */
export class ListServer {
  /** By path. */
  readonly lists = new Map<string, Uint8Array>();
  /** Whether it ends each connection without an answer. */
  isDown = false;
  /** How often it was asked. */
  requests = 0;

  private constructor(private readonly server: Server) {}

  static async open(): Promise<ListServer> {
    const server = createServer();
    const made = new ListServer(server);
    server.on('request', ({ url = '', socket }, reply) => {
      made.requests += 1;
      const list = made.lists.get(url);
      if (made.isDown) socket.destroy();
      else if (list === undefined) reply.writeHead(404).end();
      else reply.writeHead(200, { 'content-type': 'application/pkix-crl' }).end(list);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return made;
  }

  url(path: string): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${path}`;
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}
