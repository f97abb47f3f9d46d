import { createHash, randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { replaceFile } from '../../lib/atomic-file';
import { messageOf, NetmapError } from '../../lib/errors';
import type { ReceivedStream } from '../../messaging/large/stream';
import type { Content, ReceivedMessage } from '../../messaging/received-message';

/** The folder for messages cannot be written. */
export class MessageFilesError extends NetmapError<'OUT_UNUSABLE'> {}

/** Beside each body, in the file of the same name that ends in `.json`. */
export interface MessageMetadata {
  /** The file's name. */
  readonly body: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
  readonly id?: string;
  readonly from: { readonly id: string; readonly name?: string };
  readonly to: { readonly id: string; readonly name: string };
  /** By the own broker's clock, and by the sender's. */
  readonly arrivedAt?: string;
  readonly sentAt?: string;
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly topic?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly duplicateId?: string;
  readonly correlationId?: string;
  readonly attempt: number;
  /** Of a stream. */
  readonly parts?: number;
}

export interface WrittenMessage {
  /** Absolute path of the body. */
  readonly file: string;
  readonly metadata: MessageMetadata;
}

const MODE = 0o600;

/** A folder in which each message is a file of its own. A message that comes again takes the place of itself. */
export class MessageFiles {
  private constructor(private readonly folder: string) {}

  /** Makes the folder where there is none. Throws MessageFilesError. */
  static async open(folder: string): Promise<MessageFiles> {
    const path = resolve(folder);
    await tried(path, () => mkdir(path, { recursive: true, mode: 0o700 }));
    return new MessageFiles(path);
  }

  /** Resolves when the disk has the body and, after it, what is known of it. Throws MessageFilesError. */
  async message(message: ReceivedMessage): Promise<WrittenMessage> {
    const { body, attempt } = message;
    const sha256 = createHash('sha256').update(body).digest('hex');
    return this.write(message, { attempt, bytes: body.length, sha256 }, body);
  }

  /** As `message`. */
  stream(stream: ReceivedStream): Promise<WrittenMessage> {
    const { attempt, length: bytes, sha256, parts } = stream;
    return this.write(stream, { attempt, bytes, sha256, parts }, stream.stream());
  }

  private async write(
    content: Omit<Content, 'body'>,
    more: Pick<MessageMetadata, 'attempt' | 'bytes' | 'sha256' | 'parts'>,
    bytes: Buffer | AsyncIterable<Buffer>,
  ): Promise<WrittenMessage> {
    const name = nameOf(content);
    const metadata: MessageMetadata = { body: `${name}.body`, ...more, ...described(content) };
    const file = join(this.folder, metadata.body);
    await tried(file, async () => {
      await this.replace(file, bytes);
      await this.replace(join(this.folder, `${name}.json`), Buffer.from(`${JSON.stringify(metadata, undefined, 2)}\n`));
    });
    return { file, metadata };
  }

  private replace(path: string, bytes: Buffer | AsyncIterable<Buffer>): Promise<void> {
    return replaceFile(path, MODE, async (file) => {
      for await (const chunk of Buffer.isBuffer(bytes) ? [bytes] : bytes) await file.writeFile(chunk);
      return true;
    });
  }
}

function described(content: Omit<Content, 'body'>): Omit<MessageMetadata, 'body' | 'attempt' | 'bytes' | 'sha256'> {
  const { id, sender, recipient, arrivedAt, sentAt, contentType, contentEncoding, topic, headers } = content;
  const { duplicateId, correlationId } = content;
  return {
    ...(id === undefined ? {} : { id }),
    from: { id: sender.id, ...(sender.name === undefined ? {} : { name: sender.name }) },
    to: { id: recipient.id, name: recipient.name },
    ...(arrivedAt === undefined ? {} : { arrivedAt: new Date(arrivedAt).toISOString() }),
    ...(sentAt === undefined ? {} : { sentAt: new Date(sentAt).toISOString() }),
    ...(contentType === undefined ? {} : { contentType }),
    ...(contentEncoding === undefined ? {} : { contentEncoding }),
    ...(topic === undefined ? {} : { topic }),
    headers,
    ...(duplicateId === undefined ? {} : { duplicateId }),
    ...(correlationId === undefined ? {} : { correlationId }),
  };
}

/**
 * By time of arrival. Of one sender to one recipient the broker takes no duplicate ID twice; a message without one must not take
 * the place of another, and gets a name that nothing else has.
 */
function nameOf({ sender, recipient, duplicateId, arrivedAt }: Omit<Content, 'body'>): string {
  const time = arrivedAt === undefined ? 'undated' : new Date(arrivedAt).toISOString().replace(/[-:.]/g, '');
  const mark =
    duplicateId === undefined
      ? randomUUID().replaceAll('-', '')
      : createHash('sha256')
          .update(JSON.stringify([sender.id, recipient.id, duplicateId]))
          .digest('hex');
  return `${time}-${mark.slice(0, 20)}`;
}

async function tried<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof NetmapError) throw error;
    throw new MessageFilesError('OUT_UNUSABLE', `${path} cannot be written: ${messageOf(error)}`, {
      remedy: 'name a folder that can be written and has room; what was not written comes again',
      cause: error,
    });
  }
}
