import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { HostAndPort } from '../../sidecar/network/identity';
import type { MinimalBroker } from './minimal-pair';
import { MEMORY } from './product-pair';

export const USER = 'bench';
export const PASSWORD = 'bench';
/** Name of queue, address and connection of each way. */
export const QUEUES = { plain: 'bench.plain', tls: 'bench.tls' } as const;

const MODULE = 'org.apache.activemq.artemis.spi.core.security.jaas.PropertiesLoginModule';
const PERMISSIONS = [
  ...['send', 'consume', 'browse', 'manage', 'createAddress', 'deleteAddress'],
  ...['createDurableQueue', 'deleteDurableQueue', 'createNonDurableQueue', 'deleteNonDurableQueue'],
];

/** The files of etc/ by name. */
export function minimalFiles(instance: string, broker: MinimalBroker): Record<string, string> {
  const etc = join(instance, 'etc');
  return {
    'broker.xml': brokerXml(instance, broker),
    'bootstrap.xml': `<broker xmlns="http://activemq.apache.org/schema"><jaas-security domain="bench"/><server configuration="${pathToFileURL(join(etc, 'broker.xml')).href}"/></broker>\n`,
    'management.xml': '<management-context xmlns="http://activemq.apache.org/schema"/>\n',
    'login.config': `bench { ${MODULE} required org.apache.activemq.jaas.properties.user="users.properties" org.apache.activemq.jaas.properties.role="roles.properties"; };\n`,
    'users.properties': `${USER}=${PASSWORD}\n`,
    'roles.properties': `bench=${USER}\n`,
  };
}

function brokerXml(instance: string, { name, plain, tls, peers, journal }: MinimalBroker): string {
  const permissions = PERMISSIONS.map((type) => `<permission type="${type}" roles="bench"/>`).join('');
  const queues = Object.values(QUEUES)
    .map((queue) => `<address name="${queue}"><anycast><queue name="${queue}"/></anycast></address>`)
    .join('');
  const secured = tlsParameters(join(instance, 'etc'));
  return `<?xml version="1.0" encoding="UTF-8"?>
<configuration xmlns="urn:activemq"><core xmlns="urn:activemq:core">
<name>${name}</name>
${journal}
<bindings-directory>${instance}/data/bindings</bindings-directory>
<journal-directory>${instance}/data/journal</journal-directory>
<large-messages-directory>${instance}/data/large-messages</large-messages-directory>
<paging-directory>${instance}/data/paging</paging-directory>
<global-max-size>${MEMORY.globalMaxSize}</global-max-size>
<acceptors>
<acceptor name="plain">tcp://${at(plain)}?protocols=AMQP</acceptor>
${tls === undefined ? '' : `<acceptor name="tls">tcp://${at(tls)}?protocols=AMQP;saslMechanisms=PLAIN;needClientAuth=true;${secured}</acceptor>`}
</acceptors>
${peers === undefined ? '' : `<broker-connections>${connection(QUEUES.plain, `tcp://${at(peers.plain)}`)}${connection(QUEUES.tls, `tcp://${at(peers.tls)}?verifyHost=false;${secured}`)}</broker-connections>`}
<security-settings><security-setting match="#">${permissions}</security-setting></security-settings>
<address-settings><address-setting match="#"><max-size-bytes>${MEMORY.addressMaxSize}</max-size-bytes></address-setting></address-settings>
<addresses>${queues}</addresses>
</core></configuration>
`;
}

function tlsParameters(etc: string): string {
  return [
    'sslEnabled=true',
    'enabledProtocols=TLSv1.2,TLSv1.3',
    'keyStoreType=PEM',
    `keyStorePath=${etc}/key-and-chain.pem`,
    'trustStoreType=PEMCA',
    `trustStorePath=${etc}/roots.pem`,
  ].join(';');
}

function connection(queue: string, uri: string): string {
  return `<amqp-connection uri="${uri}" name="${queue}" user="${USER}" password="${PASSWORD}" retry-interval="2000" reconnect-attempts="-1" auto-start="false"><bridge name="${queue}"><bridge-to-queue name="carry.${queue}" remote-address="${queue}"><include address-match="${queue}" queue-match="${queue}"/></bridge-to-queue></bridge></amqp-connection>`;
}

function at({ host, port }: HostAndPort): string {
  return `${host}:${port}`;
}
