import { readFile } from 'node:fs/promises';
import type { Connection } from 'rhea-promise';
import { openAmqp } from '../../../sidecar/broker/amqp/open-amqp';
import { parseCertificates } from '../../../sidecar/certificates/certificate';
import type { DevNode } from '../../../sidecar/dev-network/dev-network';
import type { HostAndPort } from '../../../sidecar/network/identity';
import { SYSTEM_USERS } from '../../../sidecar/plan/roles';

/** What an application of a node reaches its broker with, by the acceptor `node`. */
export interface NodeAccess {
  readonly address: HostAndPort;
  /** The node's own TLS key and chain, PEM. */
  readonly key: string;
  readonly chain: string;
}

const TIMEOUT_MS = 10_000;

export async function nodeAccess({ files, ports }: DevNode): Promise<NodeAccess> {
  const [key, chain] = await Promise.all([readFile(files.tlsKey, 'utf8'), readFile(files.tlsChain, 'utf8')]);
  return { address: { host: '127.0.0.1', port: ports.node }, key, chain };
}

/** Opens an AMQP connection as the node's own application. Throws AccessError. */
export function openNode({ address, key, chain }: NodeAccess): Promise<Connection> {
  const [own] = parseCertificates(chain);
  return openAmqp({
    address,
    user: SYSTEM_USERS.node,
    password: SYSTEM_USERS.node,
    timeoutMs: TIMEOUT_MS,
    tls: {
      key,
      chain,
      verify: ([shown]) => {
        if (shown?.pem() !== own?.pem()) throw new Error('another certificate than the own one');
      },
    },
  });
}
