import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { systemTools } from '../authority/issue-certificates';
import { makeServerCertificate } from '../authority/server-certificate';
import { renewTls } from '../control/certificates/renew-tls';
import { NodeError } from '../control/node-error';
import { PASSPHRASE_HELP, passphraseOf } from './ca-options';
import type { CliCommand } from './command';
import { EXIT } from './exit-codes';
import { wholeNumber } from './option-values';

interface CertificatesRenewOptions {
  readonly days: number;
  readonly caKey?: string;
  readonly passphraseFile?: string;
}

export const certificatesRenew: CliCommand<CertificatesRenewOptions> = {
  words: ['certificates', 'renew'],
  summary: "issues a new TLS certificate for this node with its own CA's key",
  details: `The new key and chain take the place of those that the configuration names; a sidecar that runs takes them in
within seconds, and closes no connection for it. In a Corda network the node CA must be this node's own, as in a
development network; where the network keeps it, put what the network issues into the same files instead. In a Swaptacular
network the server certificate is renewed by the authority, and its key stays.
${PASSPHRASE_HELP}
Example: netmap certificates renew --days 90`,
  configure: (command) =>
    command
      .option('--days <number>', 'how long it is valid', wholeNumber(1, 3650), 365)
      .option('--ca-key <file>', "key of the node CA, PEM; node-ca-key.pem beside the node's chain unless given")
      .option('--passphrase-file <path>', "a file that holds the passphrase of the authority's root key"),
  async run(context, { options }) {
    const { clock, output } = context;
    const { days, caKey } = options;
    const config = await context.loadConfig();
    const { authority } = config.node;
    if (authority === undefined) {
      const key = caKey === undefined ? {} : { caKey: resolve(caKey) };
      const { certificate, chain } = await renewTls({ config, ...key, days, clock, random: randomBytes });
      output.result(shown(chain, certificate), textOf);
      return EXIT.ok;
    }
    const file = join(authority, 'server.crt');
    if (config.certificates.chain !== file)
      throw new NodeError('NODE_CHAIN', `the server certificate is ${config.certificates.chain}, not ${file}`, {
        remedy: 'sign a request for its key: netmap ca server-cert --csr FILE --out FILE',
      });
    const passphrase = passphraseOf(context, options);
    const certificate = await makeServerCertificate(authority, passphrase, { days, renew: true }, systemTools(clock));
    output.result(shown(file, certificate), textOf);
    return EXIT.ok;
  },
};

function shown(file: string, { serial, notAfter }: { readonly serial: string; readonly notAfter: number }) {
  return { file, serial, validUntil: new Date(notAfter).toISOString() };
}

function textOf({ file, validUntil }: ReturnType<typeof shown>): string {
  return `${file}: valid until ${validUntil}`;
}
