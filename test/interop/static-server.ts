import { createServer, type Server } from 'node:http';
import { readFileSync, statSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/**
 * A web server that knows nothing of network maps: a file for each path, for a folder the file `index` in it, and the
 * header that its operator was told to add.
 */
export class StaticServer {
  readonly requests: string[] = [];

  private constructor(
    private readonly server: Server,
    private readonly folder: string,
  ) {}

  static async of(folder: string): Promise<StaticServer> {
    const server = createServer();
    const made = new StaticServer(server, folder);
    server.on('request', (request, reply) => {
      const path = new URL(request.url ?? '/', 'http://static').pathname;
      made.requests.push(path);
      const file = made.fileAt(path);
      reply.setHeader('X-Corda-Server-Version', '2');
      if (file === undefined || request.method !== 'GET') reply.writeHead(404).end();
      else reply.writeHead(200, { 'content-type': 'application/octet-stream' }).end(readFileSync(file));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return made;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private fileAt(path: string): string | undefined {
    const kindOf = (file: string) => statSync(file, { throwIfNoEntry: false });
    const file = join(this.folder, path);
    const wanted = kindOf(file)?.isDirectory() === true ? join(file, 'index') : file;
    return kindOf(wanted)?.isFile() === true ? wanted : undefined;
  }
}
