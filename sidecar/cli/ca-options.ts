import type { Command } from 'commander';
import { resolve } from 'node:path';
import type { Passphrase } from '../authority/root-key';
import { readInput } from '../authority/read-limited';
import { MOST_BUNDLE_BYTES, verifyBundle } from '../authority/verify-bundle';
import type { InfoBundle } from '../authority/verify-bundle';
import { readSecret } from '../config/read-secret';
import type { CommandContext } from './command';
import { readPassword } from './read-password';

export interface CaOptions {
  readonly dir?: string;
}

export interface PassphraseOptions {
  readonly passphraseFile?: string;
}

export const PASSPHRASE_VARIABLE = 'NETMAP_CA_PASSPHRASE';

/** For the help pages of commands that use the root's key. */
export const PASSPHRASE_HELP = `The passphrase of the root's key comes from --passphrase-file, from the variable ${PASSPHRASE_VARIABLE}, from
the one line of standard input, or is asked for.`;

const MOST_CERTIFICATE_BYTES = 256 * 1024;

/** Declares `--dir`. */
export const withDir = (command: Command): Command => command.option('--dir <folder>', "the authority's database", '.');

/** Declares `--dir` and `--passphrase-file`. */
export const withPassphrase = (command: Command): Command =>
  withDir(command).option('--passphrase-file <path>', "a file that holds the passphrase of the root's key");

export const folderOf = ({ dir = '.' }: CaOptions): string => resolve(dir);

/** Where the passphrase comes from; `isNew` has a person type it twice. */
export function passphraseOf(
  context: CommandContext,
  { passphraseFile }: PassphraseOptions,
  isNew = false,
): Passphrase {
  const { stdin, signal, environment, progress } = context;
  return async () => {
    if (passphraseFile === undefined && environment[PASSPHRASE_VARIABLE] !== undefined) {
      return (await readSecret({ env: PASSPHRASE_VARIABLE }, { environment, checkMode: true })).reveal();
    }
    const file = passphraseFile === undefined ? {} : { file: passphraseFile };
    return readPassword({ ...file, stdin, signal, prompt: progress.stream, once: !isNew });
  };
}

/** Reads and verifies an info bundle as of now. */
export async function readBundle(path: string, { clock }: CommandContext): Promise<InfoBundle> {
  const file = resolve(path);
  return verifyBundle(await readInput(file, MOST_BUNDLE_BYTES), { where: file, at: clock.now() });
}

/** The bytes of a certificate or of a signing request. */
export const readPemInput = (path: string): Promise<Buffer> => readInput(resolve(path), MOST_CERTIFICATE_BYTES);
