import type { SendOptions, Sent } from '../message';
import type { Content, ReceivedMessage } from '../received-message';

/** How far a stream is stored at the own broker, without gaps. */
export interface StreamProgress {
  readonly parts: number;
  readonly bytes: number;
}

export interface StreamOptions extends SendOptions {
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly topic?: string;
  /** As of a message. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly correlationId?: string;
  /** Names the stream; from 1 to 200 characters. Made anew unless given. Needed where a later try shall resume this one. */
  readonly duplicateId?: string;
  /**
   * That many parts of an earlier try with the same `duplicateId`, `partBytes` and source are stored, by the word of its
   * `onProgress`: the source is read from its start, and they are not sent again. 0 unless given: the broker drops doubles.
   */
  readonly storedParts?: number;
  /** Bytes of one part; 262,144 unless given, and no more than the network's largest message. */
  readonly partBytes?: number;
  /** Bytes of the whole at most; 16 GiB unless given. */
  readonly maxBytes?: number;
  /** A stream of which nothing more comes for so long is given up by its reader; a day unless given. */
  readonly timeToLiveMs?: number;
  readonly onProgress?: (progress: StreamProgress) => void;
}

export interface SentStream extends Sent {
  /** Bytes. */
  readonly length: number;
  /** In hex. */
  readonly sha256: string;
  readonly parts: number;
}

/** A stream that has come in whole: its length and SHA-256 are as its sender says. To be settled once, as a message is. */
export interface ReceivedStream extends Omit<Content, 'body'>, Pick<ReceivedMessage, 'attempt' | 'reply'> {
  /** Bytes. */
  readonly length: number;
  /** In hex. */
  readonly sha256: string;
  readonly parts: number;
  /** Its bytes, from the start each time it is called. Throws MessagingError MESSAGE_SETTLED once they are gone. */
  stream(): AsyncIterable<Buffer>;
  /** It is done with: its bytes are removed, and it does not come again. */
  acknowledge(): Promise<void>;
  /** It comes again as a message does; its bytes stay in the folder. */
  retryLater(): Promise<void>;
  /** A message that names it goes to the dead letters; its bytes stay in the folder as long as it lives. */
  reject(reason: string): Promise<void>;
}

/** As the handler of a message. */
export type StreamHandler = (stream: ReceivedStream) => Promise<void> | void;

export interface ReceiveStreamsOptions {
  /** Where streams are put together. All processes that read streams for a node must share it. */
  readonly folder: string;
  /** Streams of this topic alone. */
  readonly topic?: string;
  /** One of the own identities or services, by name or id; all unless given. */
  readonly as?: string;
  /** Streams of this sender alone, by name or id. */
  readonly from?: string;
  /** Streams that are put together at the same time; 4 unless given. Each takes about 2 MiB of memory. */
  readonly open?: number;
  /** Streams that are handled at the same time; 1 unless given. */
  readonly concurrency?: number;
  /** Bytes of one stream at most; 16 GiB unless given. What is longer goes to the dead letters. */
  readonly maxBytes?: number;
  /** Told of each part that the disk has. */
  readonly onProgress?: () => void;
  /** Told when the folder cannot be written, or the parts not be read; it is tried again by itself. */
  readonly onTrouble?: (error: Error) => void;
  /** Stops as `stop` does. */
  readonly signal?: AbortSignal;
}

export const GIBIBYTE = 1_073_741_824;
export const MOST_BYTES = 16 * GIBIBYTE;
