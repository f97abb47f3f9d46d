import { createReadStream } from 'node:fs';
import { access, constants, readFile, stat } from 'node:fs/promises';
import { ConfigError } from '../config/config-error';
import { LongLineError, readLines } from '../control/messages/read-lines';
import { messageOf } from '../lib/errors';
import type { CliIo } from './process-io';

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
 * is read. Throws ConfigError: unreadable or too large.
 */
export async function openBodies(options: BodyOptions, stdin: CliIo['stdin'], maxBytes: number): Promise<Bodies> {
  const { body, file: files, lines, count } = options;
  for (const file of files ?? []) await checkFile(file, lines ? Infinity : maxBytes);
  if (lines) return { total: undefined, all: linesOf(files, stdin, maxBytes) };
  if (files !== undefined) return { total: files.length * count, all: bodiesOf(files, count, maxBytes) };
  const only = body === undefined ? await readInput(stdin, maxBytes) : Buffer.from(body);
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
      return { ...(bytes === 0 ? {} : { bytes }), open: () => createReadStream(file) };
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
    const source: AsyncIterable<Uint8Array> = files === undefined ? stdin : createReadStream(name);
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

async function readBodyFile(file: string, maxBytes: number): Promise<Buffer> {
  const body = await readable(file, () => readFile(file));
  if (body.length > maxBytes) throw tooLarge(file, maxBytes);
  return body;
}

async function readInput(stdin: CliIo['stdin'], maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stdin) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge('standard input', maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function readable<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
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
