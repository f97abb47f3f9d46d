import type { Readable } from 'node:stream';
import { Client } from 'stompit';

/** What the broker said in an ERROR frame. */
export class StompRefusal extends Error {}

type Handlers = Parameters<Client['setCommandHandlers']>[0];

/** Longer ones are cut: they are for people. */
const MOST_WORDS = 4096;

/**
 * stompit's client with its own handling of ERROR frames: stompit destroys the frame, not the connection, when the
 * frame has a text, and with an error that nobody can catch.
 */
export class StompClient extends Client {
  override setCommandHandlers(handlers: Handlers): void {
    super.setCommandHandlers({
      ...handlers,
      ERROR: (frame) => this.onErrorFrame(frame as unknown as Readable & { headers: Record<string, string> }),
    });
  }

  private onErrorFrame(frame: Readable & { readonly headers: Readonly<Record<string, string>> }): void {
    let body = '';
    frame.on('data', (chunk: Buffer) => (body = `${body}${chunk.toString('utf8')}`.slice(0, MOST_WORDS)));
    frame.on('end', () => {
      const said = [frame.headers['message'], body.trim()].filter((part) => part !== undefined && part !== '');
      this.destroy(new StompRefusal(said.join(': ')));
    });
  }
}
