import { resolve } from 'node:path';
import { registerPeer } from '../authority/register-peer';
import { signPeer } from '../authority/sign-peer';
import { putFile } from '../authority/write-database';
import {
  folderOf,
  PASSPHRASE_HELP,
  passphraseOf,
  readBundle,
  readPemInput,
  withDir,
  withPassphrase,
} from './ca-options';
import type { CaOptions, PassphraseOptions } from './ca-options';
import type { CliCommand, CommandInput } from './command';
import { EXIT } from './exit-codes';

interface SignOptions extends CaOptions, PassphraseOptions {
  readonly out?: string;
}

export const caSignPeer: CliCommand<SignOptions> = {
  words: ['ca', 'sign-peer'],
  summary: 'verifies the info bundle of a peer and signs a peer certificate for it',
  details: `The peer is entered in the database, and waits until the certificate that it signs for us is registered. An ID of an
accounting authority proves nothing by itself: compare the fingerprint of its root with its owner first.
${PASSPHRASE_HELP}
Example: netmap ca sign-peer ./ca.zip --dir ./aa --out ./peercert-for-ca.crt`,
  configure: (command) =>
    withPassphrase(command)
      .argument('<bundle>', "the peer's info bundle")
      .option('--out <file>', 'also writes the certificate here, to be sent to the peer'),
  async run(context, { args: [path = ''], options }: CommandInput<SignOptions>) {
    const bundle = await readBundle(path, context);
    const signed = await signPeer(folderOf(options), bundle, passphraseOf(context, options), context.clock);
    const file = options.out === undefined ? signed.file : resolve(options.out);
    if (options.out !== undefined) await putFile(file, signed.certificate.pem());
    const { id, subnet, wasSigned } = signed;
    const { nodeType } = bundle.root;
    context.output.result({ id, nodeType, file, subnet: subnet ?? null, wasSigned }, () =>
      [
        `${nodeType} ${id}: ${wasSigned ? 'was signed before; nothing changed' : 'signed'}`,
        ...(subnet === undefined ? [] : [`its subnet: ${subnet}`]),
        `send it this certificate: ${file}`,
      ].join('\n'),
    );
    return EXIT.ok;
  },
};

interface RegisterOptions extends CaOptions {
  readonly pending?: boolean;
}

export const caRegisterPeer: CliCommand<RegisterOptions> = {
  words: ['ca', 'register-peer'],
  summary: 'verifies the peer certificate that a peer signed for this node, and makes the peer active',
  details: `The peer must have been signed before (netmap ca sign-peer). With --pending it waits: give the same certificate again,
without --pending, to make it active.
Example: netmap ca register-peer ./peercert-from-ca.crt --dir ./aa`,
  configure: (command) =>
    withDir(command)
      .argument('<certificate>', 'the peer certificate that was received')
      .option('--pending', 'does not make the peer active yet', false),
  async run(context, { args: [path = ''], options }: CommandInput<RegisterOptions>) {
    const content = await readPemInput(path);
    const received = { content, where: resolve(path), activate: options.pending !== true };
    const { id, state, subnet } = await registerPeer(folderOf(options), received, context.clock);
    context.output.result({ id, state, subnet: subnet ?? null }, () =>
      [`peer ${id}: ${state}`, ...(subnet === undefined ? [] : [`the subnet that it allots: ${subnet}`])].join('\n'),
    );
    return EXIT.ok;
  },
};
