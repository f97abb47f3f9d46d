import { Argument } from 'commander';
import { initAuthority } from '../authority/init-authority';
import { systemTools } from '../authority/issue-certificates';
import { NODE_TYPES } from '../authority/node-name';
import type { NodeType } from '../network/swaptacular-node';
import { folderOf, PASSPHRASE_HELP, passphraseOf, withPassphrase } from './ca-options';
import type { CaOptions, PassphraseOptions } from './ca-options';
import type { CliCommand, CommandInput } from './command';
import { EXIT } from './exit-codes';

interface InitOptions extends CaOptions, PassphraseOptions {
  readonly id?: string;
  readonly server: readonly string[];
  readonly host?: string;
  readonly destination?: string;
}

export const caInit: CliCommand<InitOptions> = {
  words: ['ca', 'init'],
  summary: 'makes the certificate authority of a new Swaptacular node',
  details: `Makes a root with its key (RSA, 3072 bits, locked under a passphrase), a database as the reference scripts and
"openssl ca" keep it, and a stomp.toml. An accounting authority takes an ID of its own; that of an agent is made from its key.
${PASSPHRASE_HELP}
Examples:
  netmap ca init accounting-authority --id 1234abcd --server aa.example:1234 --dir ./aa
  netmap ca init creditors-agent --server one.example:1234 --server two.example:1234 --dir ./ca`,
  configure: (command) =>
    withPassphrase(command)
      .addArgument(new Argument('<type>', 'what the node is').choices(NODE_TYPES))
      .requiredOption('--server <host:port>', 'where peers reach it; given once for each server', several)
      .option('--id <hex>', 'ID of an accounting authority: 8 hexadecimal digits')
      .option('--host <text>', 'header host of CONNECT (default: "/")')
      .option('--destination <text>', 'header destination of SEND (default: as the reference scripts have it)'),
  async run(context, { args: [type = ''], options }: CommandInput<InitOptions>) {
    const { clock, output } = context;
    const { id, server, host, destination } = options;
    const folder = folderOf(options);
    const node = {
      // commander lets no other through.
      nodeType: type as NodeType,
      servers: server,
      ...(id === undefined ? {} : { id }),
      ...(host === undefined ? {} : { host }),
      ...(destination === undefined ? {} : { destination }),
    };
    const passphrase = await passphraseOf(context, options, true)();
    const root = await initAuthority(folder, node, passphrase, systemTools(clock));
    const fingerprint = root.certificate.fingerprint;
    output.result({ id: root.id, nodeType: root.nodeType, fingerprint, folder }, () =>
      [
        `${root.nodeType} ${root.id}: ${folder}`,
        `fingerprint of its root (SHA-256): ${fingerprint}`,
        'keep the folder private/ secret; next: netmap ca server-cert, netmap ca bundle create',
      ].join('\n'),
    );
    return EXIT.ok;
  },
};

const several = (value: string, before: readonly string[] = []): string[] => [...before, value];
