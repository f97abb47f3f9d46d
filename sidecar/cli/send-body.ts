import { readFile, stat } from 'node:fs/promises';
import { ConfigError } from '../config/config-error';
import { messageOf } from '../lib/errors';
import type { CliIo } from './process-io';

export interface BodyOptions {
  readonly body?: string;
  readonly file?: string;
}

/** What is to be sent: the text, the file or standard input. Throws ConfigError: unreadable or too large. */
export async function readBody(options: BodyOptions, stdin: CliIo['stdin'], maxBytes: number): Promise<Buffer> {
  const { body, file } = options;
  if (body !== undefined) return checked(Buffer.from(body), '--body', maxBytes);
  return file === undefined ? readInput(stdin, maxBytes) : readBodyFile(file, maxBytes);
}

async function readBodyFile(file: string, maxBytes: number): Promise<Buffer> {
  try {
    if ((await stat(file)).size > maxBytes) throw tooLarge(file, maxBytes);
    return checked(await readFile(file), file, maxBytes);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw ConfigError.because('CONFIG_MISSING', `${file} cannot be read: ${messageOf(error)}`, 'check the path', error);
  }
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

function checked(body: Buffer, what: string, maxBytes: number): Buffer {
  if (body.length > maxBytes) throw tooLarge(what, maxBytes);
  return body;
}

function tooLarge(what: string, maxBytes: number): ConfigError {
  return ConfigError.because(
    'CONFIG_INVALID',
    `${what} is larger than a message may be, ${maxBytes} bytes`,
    'send less, or raise limits.maxMessageSize in the configuration of both nodes',
  );
}
