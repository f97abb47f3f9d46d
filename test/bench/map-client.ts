import { once } from 'node:events';
import { Agent, request } from 'node:http';

export interface Answered {
  readonly status: number;
  readonly etag: string | undefined;
  readonly body: Buffer;
}

/** HTTP over a few connections that stay open, as many questions at once. */
export class MapClients {
  private readonly agent: Agent;

  constructor(
    private readonly base: string,
    readonly connections: number,
  ) {
    this.agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  async ask(
    path: string,
    { headers = {}, body }: { readonly headers?: Record<string, string>; readonly body?: Buffer } = {},
  ): Promise<Answered> {
    const sent = request(new URL(path, this.base), {
      agent: this.agent,
      method: body === undefined ? 'GET' : 'POST',
      headers: { accept: 'application/json', ...(body && { 'content-length': body.length }), ...headers },
    });
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return { status: response.statusCode ?? 0, etag: response.headers.etag, body: Buffer.concat(chunks) };
  }

  /** Every connection asks again and again until `isOver`; answers how many questions were answered as they should. */
  async rush(isOver: () => boolean, question: () => Promise<boolean>): Promise<number> {
    let good = 0;
    const one = async (): Promise<void> => {
      while (!isOver()) {
        if (!(await question())) throw new Error('the map service gave another answer than it should');
        good += 1;
      }
    };
    await Promise.all(Array.from({ length: this.connections }, one));
    return good;
  }

  close(): void {
    this.agent.destroy();
  }
}
