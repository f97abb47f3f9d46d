import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findJava } from '../../../sidecar/broker/java';
import { ManagementConnection } from '../../../sidecar/broker/management-connection';
import { obtainArtemis } from '../../../sidecar/broker/obtain';
import type { ArtemisHome } from '../../../sidecar/broker/obtain-home';
import { BrokerProcess } from '../../../sidecar/broker/process';
import { parseCertificates } from '../../../sidecar/certificates/certificate';
import type { DevNode } from '../../../sidecar/dev-network/dev-network';
import { SYSTEM_USERS } from '../../../sidecar/plan/roles';
import { BROKER_PROPERTIES } from '../../../sidecar/render/instance';
import { nodeAccess } from './node-access';

/** The broker's instance folder of a node of a development network. */
export function instanceOf({ files }: DevNode): string {
  return join(files.folder, 'broker');
}

/** Has the node's sidecar work with a broker that it does not run itself. */
export async function attach({ files }: DevNode): Promise<void> {
  const config = await readFile(files.config, 'utf8');
  await writeFile(files.config, config.replace('mode: embedded', 'mode: attached'));
}

/**
 * The broker of a node whose sidecar is attached to it: not started, and stopped by whoever asked for it. Of the version
 * that the product fetches unless `home` is given.
 */
export async function brokerOf(node: DevNode, home?: ArtemisHome): Promise<BrokerProcess> {
  const { env } = process;
  const { address, key, chain } = await nodeAccess(node);
  const [own] = parseCertificates(chain);
  const instance = instanceOf(node);
  return new BrokerProcess({
    launch: {
      home: home ?? (await obtainArtemis({ env })),
      java: await findJava({ env }),
      instance,
      properties: join(instance, BROKER_PROPERTIES),
      heap: { max: 512 },
    },
    management: new ManagementConnection({
      address,
      user: SYSTEM_USERS.node,
      password: SYSTEM_USERS.node,
      tls: { key, certificate: chain, pin: own?.pem() ?? '' },
    }),
    listens: Object.values(node.ports).map((port: number) => ({ host: '127.0.0.1', port })),
    onLog: () => undefined,
  });
}
