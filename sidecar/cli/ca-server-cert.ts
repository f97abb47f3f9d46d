import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AuthorityError } from '../authority/authority-error';
import { systemTools } from '../authority/issue-certificates';
import { makeServerCertificate, SERVER_DAYS, signServerRequest } from '../authority/server-certificate';
import { putFile } from '../authority/write-database';
import { folderOf, PASSPHRASE_HELP, passphraseOf, readPemInput, withPassphrase } from './ca-options';
import type { CaOptions, PassphraseOptions } from './ca-options';
import type { CliCommand, CommandInput } from './command';
import { EXIT } from './exit-codes';
import { wholeNumber } from './option-values';

interface ServerCertOptions extends CaOptions, PassphraseOptions {
  readonly days?: number;
  readonly renew?: boolean;
  readonly csr?: string;
  readonly out?: string;
}

export const caServerCert: CliCommand<ServerCertOptions> = {
  words: ['ca', 'server-cert'],
  summary: "issues a certificate for the node's own servers",
  details: `Makes server.key and server.crt in the database's folder; --renew issues a new certificate for the same key. With
--csr it signs a request whose key was made elsewhere, and writes the certificate to --out.
${PASSPHRASE_HELP}
Examples:
  netmap ca server-cert --dir ./aa
  netmap ca server-cert --dir ./aa --renew --days 90
  netmap ca server-cert --dir ./aa --csr ./server.csr --out ./server.crt`,
  configure: (command) =>
    withPassphrase(command)
      .option('--days <number>', 'how long it is valid', wholeNumber(1, 3650), SERVER_DAYS)
      .option('--renew', 'replaces server.crt, for the key that is there', false)
      .option('--csr <file>', 'a certificate signing request (PEM) for the subject of the root')
      .option('--out <file>', 'where to write the certificate for --csr'),
  async run(context, { options }: CommandInput<ServerCertOptions>) {
    const folder = folderOf(options);
    const { days = SERVER_DAYS, renew = false, csr, out } = options;
    const passphrase = passphraseOf(context, options);
    const tools = systemTools(context.clock);
    const file = csr === undefined ? join(folder, 'server.crt') : freeFile(out);
    const certificate =
      csr === undefined
        ? await makeServerCertificate(folder, passphrase, { days, renew }, tools)
        : await signServerRequest(folder, passphrase, { pem: await textOf(csr), where: resolve(csr), days }, tools);
    if (csr !== undefined) await putFile(file, certificate.pem());
    const validUntil = new Date(certificate.notAfter).toISOString();
    context.output.result({ file, serial: certificate.serial, validUntil }, () => `${file}: valid until ${validUntil}`);
    return EXIT.ok;
  },
};

const textOf = async (path: string): Promise<string> => (await readPemInput(path)).toString('utf8');

function freeFile(out: string | undefined): string {
  if (out === undefined) {
    throw new AuthorityError('NODE_INVALID', '--csr does not say where the certificate goes', {
      remedy: 'add --out FILE',
    });
  }
  const file = resolve(out);
  if (!existsSync(file)) return file;
  throw new AuthorityError('DATABASE_EXISTS', `${file} is there already`, { remedy: 'name another, or remove it' });
}
