import { randomUUID } from 'node:crypto';
import { restoreNodeBackup } from '../control/backup/restore-backup';
import { takeNodeBackup } from '../control/backup/take-backup';
import type { CliCommand, CommandContext } from './command';
import { EXIT } from './exit-codes';
import { readPassword } from './read-password';

interface BackupOptions {
  readonly force: boolean;
  readonly encrypt: boolean;
  readonly passphraseFile?: string;
}

interface RestoreOptions {
  readonly force: boolean;
  readonly passphraseFile?: string;
}

export const backup: CliCommand<BackupOptions> = {
  words: ['backup'],
  summary: "writes this node's configuration, keys, certificates and state into one file",
  details: `What makes this node what it is: all files that its configuration names, the map that was taken last, decisions, and
what is declared at its broker. Messages in the broker's journal are not in it, nor secrets in environment variables. It may be
taken while the sidecar runs. The file (mode 0600) is a .tar.gz; with a passphrase it is encrypted as age does (age -d opens it).
The backup of a network map service is another: netmap map backup.

Examples:
  netmap backup ./party-a.tar.gz
  netmap backup ./party-a.tar.gz.age --passphrase-file ./backup-passphrase`,
  configure: (command) =>
    command
      .argument('<file>', 'file to write, mode 0600')
      .option('--encrypt', 'asks for a passphrase, and encrypts', false)
      .option('--passphrase-file <file>', 'encrypts with the passphrase in this file')
      .option('--force', 'replaces a file that is there already', false),
  async run(context, { args: [file = ''], options: { force, encrypt, passphraseFile } }) {
    const { clock, output } = context;
    const config = await context.loadConfig();
    const isEncrypted = encrypt || passphraseFile !== undefined;
    const passphrase = isEncrypted ? { passphrase: await askPassphrase(context, passphraseFile, false) } : {};
    const taken = await takeNodeBackup({ config, clock, file, mayReplace: force, ...passphrase });
    output.result(taken, ({ files, bytes, secretVariables, ...rest }) => {
      const how = rest.isEncrypted ? ', encrypted' : ', NOT encrypted: it holds private keys';
      const missing = secretVariables.map((name) => `not in it: the secret in the environment variable ${name}`);
      return [`backed up: ${files} files, ${bytes} bytes${how}: ${rest.file}`, ...missing].join('\n');
    });
    return EXIT.ok;
  },
};

export const restore: CliCommand<RestoreOptions> = {
  words: ['restore'],
  summary: 'puts a backup of a node back; its sidecar must not run',
  details: `Into the folder of the file that --config names; what lay elsewhere is put there again. Everything is verified before
anything is written, and then all of it is there or all is as before. The backup of a network map service is another:
netmap map restore.

Examples:
  netmap restore ./party-a.tar.gz
  netmap restore ./party-a.tar.gz.age --passphrase-file ./backup-passphrase --config ./party-a/netmap.yaml --force`,
  configure: (command) =>
    command
      .argument('<file>', 'what netmap backup has written')
      .option('--passphrase-file <file>', 'the passphrase of an encrypted backup; else it is asked for')
      .option('--force', 'replaces what is there; it is kept in a folder beside', false),
  async run(context, { args: [file = ''], options: { force, passphraseFile } }) {
    const restored = await restoreNodeBackup({
      file,
      configFile: context.configFile,
      mayOverwrite: force,
      passphrase: () => askPassphrase(context, passphraseFile, true),
      newName: () => randomUUID().slice(0, 8),
    });
    const { manifest, folder, files, previous } = restored;
    const { node, at, secretVariables } = manifest;
    const result = { node, at, folder, files, previous: previous ?? null, secretVariables };
    context.output.result(result, () =>
      [
        `restored: ${node === '' ? 'the node' : node} as of ${at}, ${files} files into ${folder}`,
        ...(previous === undefined ? [] : [`what was there before: ${previous}`]),
        ...secretVariables.map((name) => `to do: the secret in the environment variable ${name} was not in it`),
        `see that all is well: netmap doctor --config ${context.configFile}`,
      ].join('\n'),
    );
    return EXIT.ok;
  },
};

function askPassphrase(
  { stdin, progress, signal }: CommandContext,
  file: string | undefined,
  once: boolean,
): Promise<string> {
  const prompt = { write: (text: string) => progress.stream.write(text.replace('password', 'passphrase')) };
  return readPassword({ stdin, prompt, signal, once, ...(file === undefined ? {} : { file }) });
}
