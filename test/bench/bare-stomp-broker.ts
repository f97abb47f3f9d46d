import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrokerOperations } from '../../sidecar/broker/operations';
import type { AuthorityHome } from '../integration/support/authority-home';
import { makeBrokerInstance, PASSWORD } from '../integration/support/broker-instance';
import { launchSettings, makeBrokerProcess } from '../integration/support/broker-process';
import { freePorts } from '../integration/support/free-ports';
import { startApplication, type Application } from './application';
import type { BenchContext } from './bench-context';

export interface BareStompBroker {
  readonly port: number;
  /** Where a client sends to. */
  readonly destination: string;
  /** What it has sent lies here. */
  readonly queue: string;
  readonly operations: BrokerOperations;
  readonly pid: number;
  /** Reads what comes in as fast as it can. */
  readonly application: Application;
}

const QUEUE = 'accounts_in';

/**
 * A stock broker with as little configuration as takes the messages of one peer over STOMP: TLS 1.3, the peer known by its
 * certificate's subject. `journal`: the elements of broker.xml that say how messages are kept.
 */
export async function startBareStompBroker(
  context: BenchContext,
  { ids, ownTls }: Pick<AuthorityHome, 'ids' | 'ownTls'>,
  { journal, heapMiB }: { readonly journal: string; readonly heapMiB: number },
): Promise<BareStompBroker> {
  const core = `${journal}<addresses><address name="${QUEUE}"><anycast><queue name="${QUEUE}"/></anycast></address></addresses>`;
  const instance = await makeBrokerInstance({ core });
  context.onEnd(() => instance.remove());
  const etc = join(instance.folder, 'etc');
  const [port = 0] = await freePorts(1);
  const domain = [
    'org.apache.activemq.artemis.spi.core.security.jaas.TextFileCertificateLoginModule required',
    'org.apache.activemq.jaas.textfiledn.user="peers.properties"',
    'org.apache.activemq.jaas.textfiledn.role="peer-roles.properties"',
  ];
  await Promise.all([
    appendFile(join(etc, 'login.config'), `\npeers { ${domain.join(' ')}; };\n`),
    writeFile(
      join(etc, 'peers.properties'),
      `peer=SERIALNUMBER=${ids.peer}, OU=Creditors Agents, O=Swaptacular Nodes Registry\n`,
    ),
    writeFile(join(etc, 'peer-roles.properties'), 'admin=peer\n'),
    writeFile(
      join(etc, 'server.pemcfg'),
      `source.key=${join(etc, 'server.key')}\nsource.cert=${join(etc, 'server.crt')}\n`,
    ),
    writeFile(join(etc, 'server.key'), ownTls.key),
    writeFile(join(etc, 'server.crt'), ownTls.cert),
    writeFile(join(etc, 'root-ca.crt'), ownTls.ca),
  ]);
  const acceptor = [
    `tcp://127.0.0.1:${port}?protocols=STOMP`,
    'anycastPrefix=/exchange/',
    'securityDomain=peers',
    'sslEnabled=true',
    'enabledProtocols=TLSv1.3',
    'needClientAuth=true',
    'keyStoreType=PEMCFG',
    `keyStorePath=${join(etc, 'server.pemcfg')}`,
    'trustStoreType=PEM',
    `trustStorePath=${join(etc, 'root-ca.crt')}`,
  ];
  const xml = join(etc, 'broker.xml');
  const text = (await readFile(xml, 'utf8')).replace(/<journal-type>[^]*?(?=<acceptors>)/, '');
  await writeFile(
    xml,
    text.replace('</acceptors>', `<acceptor name="peers">${acceptor.join(';')}</acceptor></acceptors>`),
  );
  const launch = { ...(await launchSettings(instance)), heap: { max: heapMiB }, jvmOptions: [] };
  const { broker } = await makeBrokerProcess(instance, { launch });
  context.onEnd(() => broker.stop());
  await broker.start(context.signal);
  const { pid, operations } = broker;
  if (pid === undefined) throw new Error('the broker has no process');
  const { key, certificate: chain } = instance.tls;
  const login = { address: instance.listen, user: 'sidecar', password: PASSWORD, key, chain };
  const application = await startApplication(context, login, QUEUE);
  return { port, destination: `/exchange/${QUEUE}`, queue: QUEUE, operations, pid, application };
}
