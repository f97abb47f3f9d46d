import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { log4j2Properties } from '../../../sidecar/broker/broker-log';
import type { ManagementTls } from '../../../sidecar/broker/management';
import { generateKeyPair, issueCertificate } from '../../../sidecar/certificates/issue';
import { X500Name } from '../../../sidecar/certificates/x500-name';
import type { HostAndPort } from '../../../sidecar/network/identity';

/** The smallest instance that management can be tried on: one TLS acceptor, a user who may all and one who may nothing. */
export interface BrokerInstance {
  readonly folder: string;
  readonly listen: HostAndPort;
  readonly tls: ManagementTls;
  readonly properties: string;
  remove(): Promise<void>;
}

export interface BrokerInstanceOptions {
  /** Goes into the core element of broker.xml. */
  readonly core?: string;
}

export const PASSWORD = 'correct horse';

export async function makeBrokerInstance(options: BrokerInstanceOptions = {}): Promise<BrokerInstance> {
  const folder = await mkdtemp(join(tmpdir(), 'netmap-broker-'));
  const etc = join(folder, 'etc');
  await mkdir(etc);
  const broker = selfSigned('O=Broker,L=London,C=GB');
  const client = selfSigned('O=Sidecar,L=London,C=GB');
  const listen = { host: '127.0.0.1', port: await freePort() };
  const files: Record<string, string> = {
    'broker.pem': broker.key + broker.certificate,
    'client.pem': client.certificate,
    'broker.xml': brokerXml(etc, listen, options.core ?? ''),
    'bootstrap.xml': `<broker xmlns="http://activemq.apache.org/schema"><jaas-security domain="test"/><server configuration="${pathToFileURL(join(etc, 'broker.xml')).href}"/></broker>`,
    'management.xml': '<management-context xmlns="http://activemq.apache.org/schema"/>',
    'login.config': `test { org.apache.activemq.artemis.spi.core.security.jaas.PropertiesLoginModule required reload=true org.apache.activemq.jaas.properties.user="users.properties" org.apache.activemq.jaas.properties.role="roles.properties"; };`,
    'users.properties': `# users\nsidecar=${PASSWORD.replace(' ', '\\u0020')}\nnobody = nothing\n`,
    'roles.properties': 'admin=sidecar\nnone=nobody\n',
    'broker.properties': 'securityRoles."p2p.a"."peerA".send=true\n',
    'log4j2.properties': log4j2Properties(),
  };
  await Promise.all(Object.entries(files).map(([name, content]) => writeFile(join(etc, name), content)));
  return {
    folder,
    listen,
    tls: { key: client.key, certificate: client.certificate, pin: broker.certificate },
    properties: join(etc, 'broker.properties'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export function selfSigned(name: string): { key: string; certificate: string } {
  const subject = X500Name.parse(name);
  const { publicKey, privateKey } = generateKeyPair('p256');
  const now = Date.now();
  const certificate = issueCertificate({
    subject,
    subjectKey: publicKey,
    issuer: { privateKey },
    validity: { notBefore: now - 60_000, notAfter: now + 86_400_000 },
    serial: 1n,
    ca: true,
  });
  return { key: privateKey, certificate: certificate.pem() };
}

function brokerXml(etc: string, { host, port }: HostAndPort, core: string): string {
  const tls = [
    'sslEnabled=true',
    'keyStoreType=PEM',
    `keyStorePath=${join(etc, 'broker.pem')}`,
    'trustStoreType=PEMCA',
    `trustStorePath=${join(etc, 'client.pem')}`,
    'needClientAuth=true',
    'protocols=AMQP',
    'saslMechanisms=PLAIN',
  ].join(';');
  const types = [
    'createNonDurableQueue',
    'deleteNonDurableQueue',
    'createDurableQueue',
    'deleteDurableQueue',
    'createAddress',
    'deleteAddress',
    'consume',
    'browse',
    'send',
    'manage',
  ];
  const permissions = types.map((type) => `<permission type="${type}" roles="admin"/>`).join('');
  return `<configuration xmlns="urn:activemq"><core xmlns="urn:activemq:core">
<name>test</name>
<journal-type>NIO</journal-type>
<journal-pool-files>2</journal-pool-files>
<acceptors><acceptor name="management">tcp://${host}:${port}?${tls}</acceptor></acceptors>
<security-settings><security-setting match="#">${permissions}</security-setting></security-settings>
<address-settings><address-setting match="#">
<auto-create-queues>false</auto-create-queues><auto-create-addresses>false</auto-create-addresses>
<auto-delete-queues>false</auto-delete-queues><auto-delete-addresses>false</auto-delete-addresses>
</address-setting></address-settings>
${core}
</core></configuration>
`;
}
