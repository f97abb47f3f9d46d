import { Argument } from 'commander';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { AuthorityError } from '../authority/authority-error';
import { createBundle } from '../authority/create-bundle';
import type { InfoBundle } from '../authority/verify-bundle';
import { putFile } from '../authority/write-database';
import { folderOf, PASSPHRASE_HELP, passphraseOf, readBundle, withPassphrase } from './ca-options';
import type { CaOptions, PassphraseOptions } from './ca-options';
import type { CliCommand, CommandContext, CommandInput } from './command';
import { EXIT } from './exit-codes';

interface BundleOptions extends CaOptions, PassphraseOptions {
  readonly force?: boolean;
}

export const caBundle: CliCommand<BundleOptions> = {
  words: ['ca', 'bundle'],
  summary: 'makes the info bundle of a node, or verifies that of another',
  details: `create packs the root, a signing request and all that lies in the folder nodeinfo, dated and signed with the root's
key. verify says what a bundle holds, or which check it fails; it needs neither a database nor a passphrase.
${PASSPHRASE_HELP}
Examples:
  netmap ca bundle create ./aa.zip --dir ./aa
  netmap ca bundle verify ./aa.zip --json`,
  configure: (command) =>
    withPassphrase(command)
      .addArgument(new Argument('<action>', 'what to do').choices(['create', 'verify']))
      .argument('<file>', 'the info bundle')
      .option('--force', 'create: replaces a file that is there already', false),
  async run(context, { args: [action, path = ''], options }: CommandInput<BundleOptions>) {
    if (action === 'verify') return shown(context, resolve(path), 'good', await readBundle(path, context));
    const file = resolve(path);
    if (existsSync(file) && options.force !== true) {
      throw new AuthorityError('DATABASE_EXISTS', `${file} is there already`, {
        remedy: 'name another, or add --force',
      });
    }
    const { bytes, bundle } = await createBundle(folderOf(options), passphraseOf(context, options), context.clock);
    await putFile(file, bytes);
    return shown(context, file, 'made', bundle);
  },
};

function shown({ output }: CommandContext, file: string, what: string, bundle: InfoBundle): typeof EXIT.ok {
  const { root, stomp, updatedAt, nodeInfo } = bundle;
  const result = {
    file,
    id: root.id,
    nodeType: root.nodeType,
    fingerprint: root.certificate.fingerprint,
    updatedAt: updatedAt ?? null,
    stomp,
    files: nodeInfo.map(({ path }) => path),
  };
  output.result(result, () =>
    [
      `${file}: ${what}, ${root.nodeType} ${root.id}, as of ${updatedAt ?? 'no day'}`,
      `fingerprint of its root (SHA-256): ${result.fingerprint}`,
      `servers: ${stomp.servers.map(({ host, port }) => `${host}:${port}`).join(', ')}`,
      `files: ${result.files.map((path) => JSON.stringify(path)).join(', ')}`,
    ].join('\n'),
  );
  return EXIT.ok;
}
