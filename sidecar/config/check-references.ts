import { access, constants, stat } from 'node:fs/promises';
import { messageOf } from '../lib/errors';
import type { Config, SecretRef } from './config';
import { ConfigError } from './config-error';
import { systemErrorCode } from './error-code';
import { readSecret, type SecretSettings } from './read-secret';
import { loadRpcUsers } from './rpc-users';

/** Looks whether all that a configuration names is there and can be read; one error for each that is not. */
export async function checkReferences(config: Config, secrets?: SecretSettings): Promise<readonly ConfigError[]> {
  const { broker, acceptors, certificates, rpc } = config;
  const checks: [string, Promise<unknown>][] = [
    ['certificates.key', secret(certificates.key)],
    ['certificates.chain', readable(certificates.chain, 'file')],
    ['certificates.roots', readable(certificates.roots, 'file')],
  ];
  const { nodeInfo, publish, authority } = config.node;
  if (authority !== undefined) checks.unshift(['node.authority', readable(authority, 'folder')]);
  if (nodeInfo !== undefined) checks.unshift(['node.nodeInfo', readable(nodeInfo, 'file')]);
  for (const [index, { key, chain }] of publish?.identities.entries() ?? []) {
    checks.push([`node.publish.identities[${index}].key`, secret(key)]);
    checks.push([`node.publish.identities[${index}].chain`, readable(chain, 'file')]);
  }
  for (const [index, { directory, networkMap }] of config.sources.entries()) {
    const at = `sources[${index}]`;
    if (directory !== undefined) checks.push([`${at}.directory.path`, readable(directory.path, 'folder')]);
    if (networkMap?.trust === undefined) continue;
    checks.push([`${at}.networkMap.trust`, readable(networkMap.trust, 'file')]);
  }
  if (broker.home !== undefined) checks.push(['broker.home', readable(broker.home, 'folder')]);
  if (broker.java !== undefined) checks.push(['broker.java', readable(broker.java, 'file')]);
  if (broker.base !== undefined) checks.push(['broker.base', readable(broker.base, 'file')]);
  if (rpc.users !== undefined) checks.push(['rpc.users', loadRpcUsers(rpc.users)]);
  if (config.http?.operator !== undefined) {
    checks.push(['http.operator.password', secret(config.http.operator.password)]);
  }
  if (typeof acceptors.rpc.tls === 'object') {
    checks.push(['acceptors.rpc.tls.key', secret(acceptors.rpc.tls.key)]);
    checks.push(['acceptors.rpc.tls.chain', readable(acceptors.rpc.tls.chain, 'file')]);
  }
  const results = await Promise.allSettled(checks.map(([, check]) => check));
  return results.flatMap((result, index) =>
    result.status === 'rejected' ? [faultOf(checks[index]?.[0] ?? '', result.reason)] : [],
  );

  function secret(ref: SecretRef): Promise<unknown> {
    return readSecret(ref, secrets);
  }
}

async function readable(path: string, kind: 'file' | 'folder'): Promise<void> {
  const stats = await stat(path);
  if (kind === 'file' ? !stats.isFile() : !stats.isDirectory()) throw new Error(`${path} is not a ${kind}`);
  await access(path, constants.R_OK);
}

function faultOf(setting: string, cause: unknown): ConfigError {
  if (cause instanceof ConfigError) return cause;
  const code = systemErrorCode(cause) === 'ENOENT' ? 'CONFIG_MISSING' : 'CONFIG_UNREADABLE';
  return ConfigError.because(code, `${setting}: ${messageOf(cause)}`, 'create it or correct the setting', cause);
}
