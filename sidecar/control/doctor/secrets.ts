import { createPrivateKey } from 'node:crypto';
import type { Config, SecretRef } from '../../config/config';
import { ConfigError } from '../../config/config-error';
import { readSecret } from '../../config/read-secret';
import { messageOf } from '../../lib/errors';
import { troubledOr, type Diagnosis, type Trouble } from './diagnosis';

type Cause = 'secret-missing' | 'secret-unreadable' | 'secret-open-to-others' | 'key-protected' | 'key-damaged';

export const secrets: Diagnosis<Cause> = {
  id: 'keys',
  looksAt: 'the private keys that the configuration names',
  needs: ['config'],
  causes: {
    'secret-missing': 'the file or environment variable is not there, or empty',
    'secret-unreadable': 'this user may not read it',
    'secret-open-to-others': 'others on this machine may read or write it',
    'key-protected': 'it is protected by a passphrase, which nobody could type at a start',
    'key-damaged': 'it is no private key in PEM',
  },
  async check(site) {
    const keys = keysOf(await site.config());
    const found = await Promise.all(keys.map(([setting, ref]) => examineKey(setting, ref)));
    return troubledOr(found.flat(), `${keys.length} can be read`);
  },
};

function keysOf({ certificates, acceptors, node }: Config): [string, SecretRef][] {
  const { tls } = acceptors.rpc;
  const identities = node.publish?.identities ?? [];
  return [
    ['certificates.key', certificates.key],
    ...(typeof tls === 'string' ? [] : [['acceptors.rpc.tls.key', tls.key] as [string, SecretRef]]),
    ...identities.map(({ key }, index): [string, SecretRef] => [`node.publish.identities[${index}].key`, key]),
  ];
}

const CAUSES: Readonly<Partial<Record<ConfigError['code'], Cause>>> = {
  SECRET_MISSING: 'secret-missing',
  SECRET_FILE_MODE: 'secret-open-to-others',
};

async function examineKey(setting: string, ref: SecretRef): Promise<Trouble<Cause>[]> {
  const trouble = (cause: Cause, words: string, remedy: string): Trouble<Cause>[] => [
    { verdict: 'fault', cause, words: `${setting}: ${words}`, remedy },
  ];
  let pem: string;
  try {
    pem = (await readSecret(ref)).reveal();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return trouble(CAUSES[error.code] ?? 'secret-unreadable', error.message, error.remedy ?? 'look at the file');
  }
  const where = ref.file ?? `environment variable ${ref.env ?? ''}`;
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: *4,ENCRYPTED/.test(pem)) {
    const remedy = `take the passphrase away, mode 0600: openssl pkcs8 -topk8 -nocrypt -in ${where} -out NEW-FILE`;
    return trouble('key-protected', `the key in ${where} is protected by a passphrase`, remedy);
  }
  try {
    createPrivateKey(pem);
    return [];
  } catch (error) {
    return trouble(
      'key-damaged',
      `${where} holds no private key: ${messageOf(error)}`,
      'give a private key in PEM (PKCS#8)',
    );
  }
}
