import { constants, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { messageOf, NetmapError } from '../lib/errors';
import type { SecretRef } from './config';
import { ConfigError } from './config-error';
import { systemErrorCode } from './error-code';
import { Secret } from './secret';

const MAX_BYTES = 1024 * 1024;
/** Anybody else may do anything, or the group may write. The group may read: so Kubernetes mounts secrets. */
const TOO_OPEN = 0o027;

export interface SecretSettings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Windows has no such modes. */
  readonly checkMode: boolean;
}

const systemSettings: SecretSettings = { environment: process.env, checkMode: process.platform !== 'win32' };

/**
 * Reads a secret from its file or environment variable; line ends after it are taken away.
 * @throws ConfigError SECRET_MISSING, SECRET_UNREADABLE or SECRET_FILE_MODE
 */
export async function readSecret(ref: SecretRef, settings: SecretSettings = systemSettings): Promise<Secret> {
  if (ref.file !== undefined) return secretOf(await readFileOnce(ref.file, settings), `secret file ${ref.file}`);
  if (ref.env !== undefined) {
    const value = settings.environment[ref.env];
    if (value === undefined) throw missing(`environment variable ${ref.env} is not set`, `set ${ref.env}`);
    return secretOf(value, `environment variable ${ref.env}`);
  }
  throw missing('a secret names neither a file nor an environment variable', 'give it { file: PATH } or { env: NAME }');
}

function secretOf(text: string, what: string): Secret {
  const value = text.replace(/[\r\n]+$/, '');
  if (value === '') throw missing(`${what} is empty`, 'put the secret there');
  return new Secret(value);
}

async function readFileOnce(file: string, settings: SecretSettings): Promise<string> {
  try {
    // Without O_NONBLOCK the opening of a named pipe would wait for a writer, for ever.
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      // On the open handle: between a check by name and the reading, another file could be put there.
      refuseOpenFile(file, await handle.stat(), settings);
      return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof NetmapError) throw cause;
    const code = systemErrorCode(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw missing(`secret file ${file} does not exist`, 'create it, or name another', cause);
    }
    throw unreadable(`secret file ${file} cannot be read: ${messageOf(cause)}`, 'let this user read it', cause);
  }
}

function refuseOpenFile(file: string, stats: Stats, settings: SecretSettings): void {
  if (!stats.isFile()) throw unreadable(`secret ${file} is not a file`, 'name a file');
  if (stats.size > MAX_BYTES) throw unreadable(`secret file ${file} has more than ${MAX_BYTES} bytes`, 'name another');
  const mode = stats.mode & 0o777;
  if (settings.checkMode && (mode & TOO_OPEN) !== 0) {
    const shown = mode.toString(8).padStart(4, '0');
    const message = `secret file ${file} is open to others on this machine (mode ${shown})`;
    throw ConfigError.because('SECRET_FILE_MODE', message, `run: chmod 600 ${file}`);
  }
}

function missing(message: string, remedy: string, cause?: unknown): ConfigError {
  return ConfigError.because('SECRET_MISSING', message, remedy, cause);
}

function unreadable(message: string, remedy: string, cause?: unknown): ConfigError {
  return ConfigError.because('SECRET_UNREADABLE', message, remedy, cause);
}
