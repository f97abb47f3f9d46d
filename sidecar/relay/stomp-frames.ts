import type { Duplex, Readable } from 'node:stream';
import { IncomingFrameStream, OutgoingFrameStream } from 'stompit';
import { messageOf } from '../lib/errors';
import { BatchingWriter } from './batching-writer';
import { RelayError } from './relay-error';

export interface StompFrame {
  readonly command: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Cut: it is for people. */
  readonly body: string;
}

export interface StompFramesEvents {
  /** Something was read, be it a heart-beat. */
  onData(): void;
  onFrame(frame: StompFrame): void;
  /** Called once, after the last frame. Undefined: the other side has ended the connection in good order. */
  onEnd(error: Error | undefined): void;
}

type IncomingFrame = Readable & Pick<StompFrame, 'command' | 'headers'>;

const MOST_WORDS = 4096;

/** Frames over a socket that nobody else reads or writes. stompit's streams, without its client: see docs/decisions/stomp-relay.md. */
export class StompFrames {
  private readonly incoming = new IncomingFrameStream();
  private readonly outgoing: OutgoingFrameStream;
  private reading = false;
  private isOver = false;

  constructor(
    private readonly socket: Duplex,
    private readonly events: StompFramesEvents,
  ) {
    // stompit sees no more than a Writable of it.
    this.outgoing = new OutgoingFrameStream(new BatchingWriter(socket) as unknown as Duplex);
    this.outgoing.setVersion('1.2');
    this.incoming.setVersion('1.2');
    this.incoming.on('readable', () => this.readFrame());
    this.incoming.on('error', (error) => this.end(noStomp(error)));
    this.incoming.on('end', () => this.end());
    socket.on('error', () => undefined);
    void this.readSocket();
  }

  send(command: string, headers: Readonly<Record<string, string>>, body?: Buffer): void {
    if (this.isOver) return;
    const frame = this.outgoing.frame(command, headers);
    // What could not be written the end of the socket tells.
    frame.on('error', () => undefined);
    if (body === undefined) frame.end();
    else frame.end(body);
  }

  beat(): void {
    this.outgoing.heartbeat();
  }

  /** Ends the connection at once; `onEnd` is not called any more. */
  destroy(): void {
    this.isOver = true;
    this.socket.destroy();
  }

  private async readSocket(): Promise<void> {
    try {
      for await (const chunk of this.socket as AsyncIterable<Buffer>) {
        this.events.onData();
        await this.parse(chunk);
      }
      // Frames that have come before the end are read first: an ERROR says why it ends.
      this.incoming.end();
    } catch (error) {
      this.end(error as Error);
    }
  }

  private parse(chunk: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      // stompit throws where a header has the name of a method.
      try {
        this.incoming.write(chunk, (error) => (error ? reject(noStomp(error)) : resolve()));
      } catch (error) {
        reject(noStomp(error));
      }
    });
  }

  private readFrame(): void {
    if (this.reading) return;
    const frame = this.incoming.read() as IncomingFrame | null;
    if (frame === null) return;
    this.reading = true;
    let body = '';
    frame.on('data', (chunk: Buffer) => {
      if (body.length < MOST_WORDS) body += chunk.toString('utf8', 0, MOST_WORDS);
    });
    frame.on('error', (error) => this.end(noStomp(error)));
    frame.once('end', () => {
      this.reading = false;
      if (!this.isOver) this.events.onFrame({ command: frame.command, headers: frame.headers, body });
      process.nextTick(() => this.readFrame());
    });
  }

  private end(error?: Error): void {
    if (this.isOver) return;
    this.destroy();
    this.events.onEnd(error);
  }
}

function noStomp(cause: unknown): RelayError {
  return new RelayError('RELAY_PROTOCOL', `what the peer sends is no STOMP: ${messageOf(cause)}`, { cause });
}
