import { access, constants, stat } from 'node:fs/promises';
import { ConfigError } from '../config/config-error';
import { LongLineError, readLines } from '../control/messages/read-lines';
import { untilAborted } from '../control/messages/until-aborted';
import { messageOf } from '../lib/errors';
import type { CliIo } from './process-io';
import { readChunks } from './read-chunks';

export interface BodyOptions {
  readonly body?: string;
  readonly file?: readonly string[];
  /** Each line is a message. */
  readonly lines: boolean;
  readonly count: number;
}

/** Messages in their order, of which no more than one is read ahead. */
export interface Bodies {
  /** Undefined where it is not known before the end. */
  readonly total: number | undefined;
  /** Throws ConfigError: unreadable or too large. */
  readonly all: AsyncIterable<Buffer>;
}

/**
 * What is to be sent: the text, the files one after the other, or standard input. Files are looked at, and what is one message
 * is read, until the signal is aborted. Throws ConfigError: unreadable or too large; the signal's reason.
 */
export async function openBodies(
  options: BodyOptions,
  { stdin, signal }: { readonly stdin: CliIo['stdin']; readonly signal: AbortSignal },
  maxBytes: number,
): Promise<Bodies> {
  const { body, file: files, lines, count } = options;
  for (const file of files ?? []) await checkFile(file, lines ? Infinity : maxBytes);
  if (lines) return { total: undefined, all: linesOf(files, stdin, maxBytes) };
  if (files !== undefined) return { total: files.length * count, all: bodiesOf(files, count, maxBytes) };
  const only =
    body === undefined ? await readAll(untilAborted(stdin, signal), 'standard input', maxBytes) : Buffer.from(body);
  if (only.length > maxBytes) throw tooLarge('--body', maxBytes);
  return { total: count, all: repeated(only, count) };
}

/** One source after the other, for streams. Throws ConfigError where a file cannot be read. */
export async function openSources(
  files: readonly string[] | undefined,
  stdin: CliIo['stdin'],
): Promise<readonly { readonly bytes?: number; open(): AsyncIterable<Uint8Array> }[]> {
  if (files === undefined) return [{ open: () => stdin }];
  return Promise.all(
    files.map(async (file) => {
      const bytes = await checkFile(file, Infinity);
      // A named pipe has no size.
      return { ...(bytes === 0 ? {} : { bytes }), open: () => readChunks(file) };
    }),
  );
}

async function* bodiesOf(
  files: readonly string[],
  count: number,
  maxBytes: number,
): AsyncGenerator<Buffer, void, void> {
  for (const file of files) yield* repeated(await readBodyFile(file, maxBytes), count);
}

async function* repeated(body: Buffer, count: number): AsyncGenerator<Buffer, void, void> {
  for (let sent = 0; sent < count; sent += 1) yield body;
}

async function* linesOf(
  files: readonly string[] | undefined,
  stdin: CliIo['stdin'],
  maxBytes: number,
): AsyncGenerator<Buffer, void, void> {
  for (const name of files ?? ['standard input']) {
    const source: AsyncIterable<Uint8Array> = files === undefined ? stdin : readChunks(name);
    try {
      yield* readLines(source, maxBytes);
    } catch (error) {
      if (!(error instanceof LongLineError)) throw error;
      throw tooLarge(`line ${error.line} of ${name}`, maxBytes);
    }
  }
}

/** Its size. */
async function checkFile(file: string, maxBytes: number): Promise<number> {
  const { size } = await readable(file, async () => {
    await access(file, constants.R_OK);
    const found = await stat(file);
    if (found.isDirectory()) throw new Error('it is a folder');
    return found;
  });
  if (size > maxBytes) throw tooLarge(file, maxBytes);
  return size;
}

function readBodyFile(file: string, maxBytes: number): Promise<Buffer> {
  return readable(file, () => readAll(readChunks(file), file, maxBytes));
}

async function readAll(source: AsyncIterable<Uint8Array>, name: string, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(name, maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function readable<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw ConfigError.because('CONFIG_MISSING', `${file} cannot be read: ${messageOf(error)}`, 'check the path', error);
  }
}

function tooLarge(what: string, maxBytes: number): ConfigError {
  return ConfigError.because(
    'CONFIG_INVALID',
    `${what} is larger than a message may be, ${maxBytes} bytes`,
    'send it with --stream, or raise limits.maxMessageSize in the configuration of both nodes',
  );
}
