import { readFile, utimes } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { create_container, type Connection } from 'rhea';
import { adler32, jaasAdler32 } from '../../sidecar/broker/adler';
import { ManagementConnection } from '../../sidecar/broker/management-connection';
import { openSocket } from '../../sidecar/broker/management-socket';
import type { BrokerOperations } from '../../sidecar/broker/operations';
import { writeFileAtomic } from '../../sidecar/lib/atomic-file';
import { makeBrokerInstance, PASSWORD, selfSigned, type BrokerInstance } from './support/broker-instance';
import { makeBrokerProcess, manage, type TestBroker } from './support/broker-process';

jest.setTimeout(120_000);

let instance: BrokerInstance;
let running: TestBroker;
let operations: BrokerOperations;

beforeAll(async () => {
  instance = await makeBrokerInstance({
    core: `<broker-connections><amqp-connection uri="tcp://127.0.0.1:1" name="peer one" retry-interval="1000" reconnect-attempts="-1" auto-start="false"><sender address-match="none"/></amqp-connection></broker-connections>`,
  });
  running = await makeBrokerProcess(instance);
  await running.broker.start();
  ({ operations } = running.broker);
});

afterAll(async () => {
  await running.broker.stop();
  await instance.remove();
});

const etc = (name: string): string => join(instance.folder, 'etc', name);

describe('what is declared', () => {
  it('is listed, counted and removed', async () => {
    await operations.createAddress('a.one', ['ANYCAST', 'MULTICAST']);
    await operations.createQueue({ name: 'q.one', address: 'a.one', routingType: 'ANYCAST', filter: "colour='red'" });
    await operations.createQueue({ name: 'q.one', address: 'a.one', routingType: 'ANYCAST' });
    expect(await operations.addressNames()).toContain('a.one');
    expect(await operations.queueNames()).toContain('q.one');
    expect(await operations.listQueues({ field: 'name', operation: 'EQUALS', value: 'q.one' })).toEqual([
      expect.objectContaining({ address: 'a.one', routingType: 'ANYCAST', durable: true, filter: "colour='red'" }),
    ]);
    expect(await operations.listAddresses({ field: 'name', operation: 'EQUALS', value: 'a.one' })).toEqual([
      expect.objectContaining({ routingTypes: ['ANYCAST', 'MULTICAST'], queueCount: 1, unroutedCount: 0 }),
    ]);
    await operations.destroyQueue('q.one');
    await operations.deleteAddress('a.one');
    expect(await operations.addressNames()).not.toContain('a.one');
  });

  it('is refused with the words of the broker', async () => {
    await expect(operations.destroyQueue('none')).rejects.toMatchObject({
      code: 'MANAGEMENT_REFUSED',
      message: expect.stringContaining('AMQ229017: Queue none does not exist') as string,
    });
    await expect(
      operations.createQueue({ name: 'q', address: 'nowhere', routingType: 'MULTICAST' }),
    ).rejects.toMatchObject({ code: 'MANAGEMENT_REFUSED' });
  });

  it('is done a thousand times at once, in any order', async () => {
    const names = Array.from({ length: 1000 }, (_, index) => `many.${index}`);
    await Promise.all(names.map((name) => operations.createAddress(name, ['MULTICAST'])));
    const found = await operations.listAddresses({ field: 'name', operation: 'CONTAINS', value: 'many.' });
    expect(found.map((address) => address.name).sort()).toEqual([...names].sort());
  });
});

describe('messages', () => {
  it('are counted, selected, removed; those without a queue are counted as lost', async () => {
    await operations.createAddress('inbox', ['ANYCAST']);
    await operations.createAddress('nobody', ['MULTICAST']);
    await operations.createQueue({ name: 'inbox', address: 'inbox', routingType: 'ANYCAST' });
    await send('inbox', [{ colour: 'red' }, { colour: 'blue' }, { colour: 'blue' }]);
    await send('nobody', [{}, {}]);
    expect(await operations.messageCount('inbox')).toBe(3);
    expect(await operations.listQueues({ field: 'messageCount', operation: 'GREATER_THAN', value: 0 })).toEqual([
      expect.objectContaining({ name: 'inbox', messageCount: 3, consumerCount: 0 }),
    ]);
    expect(await operations.countMessages('inbox', "colour='blue'")).toBe(2);
    expect(await operations.removeMessages('inbox', "colour='blue'")).toBe(2);
    expect(await operations.messageCount('inbox')).toBe(1);
    expect(await operations.unroutedCount('nobody')).toBe(2);
  });
});

describe('files', () => {
  it('are proven to be loaded by their checksums', async () => {
    const { jaasFiles, propertiesFiles, state } = await operations.status();
    expect(state).toBe('STARTED');
    for (const name of ['users.properties', 'roles.properties']) {
      expect(jaasFiles.get(name)).toBe(jaasAdler32(await readFile(etc(name))));
    }
    const { adler32: loaded, errors } = propertiesFiles.get(basename(instance.properties)) ?? {};
    expect(loaded).toBe(adler32(await readFile(instance.properties)));
    expect(errors).toEqual([]);
  });

  it('are in force after a reload, even when the old file claimed to come from the future', async () => {
    const soon = Date.now() / 1000 + 3600;
    await utimes(instance.properties, soon, soon);
    const content = 'securityRoles."p2p.a"."peerB".send=true\nnoSuchSetting=1\n';
    expect(await writeFileAtomic(instance.properties, content)).toBe(true);
    await operations.reload();
    expect(await operations.roles('p2p.a')).toEqual([
      expect.objectContaining({ name: 'peerB', send: true, consume: false }),
    ]);
    const file = (await operations.status()).propertiesFiles.get(basename(instance.properties));
    expect(file?.adler32).toBe(adler32(Buffer.from(content)));
    expect(file?.errors).toEqual([expect.stringContaining('noSuchSetting')]);
  });

  it('of users are read again at the next login', async () => {
    const content = `sidecar=${PASSWORD}\nlater=secret\n`;
    await writeFileAtomic(etc('users.properties'), content);
    // Not our own user: what the broker remembers of earlier logins spares it the files.
    const other = manage(instance, 'later', 'secret');
    await expect(other.invoke('broker', 'getVersion')).rejects.toMatchObject({ code: 'MANAGEMENT_NOT_ALLOWED' });
    await other.close();
    expect((await operations.status()).jaasFiles.get('users.properties')).toBe(jaasAdler32(Buffer.from(content)));
  });
});

describe('connections', () => {
  it('outwards are started and stopped', async () => {
    const state = async (): Promise<boolean | undefined> =>
      (await operations.brokerConnections()).find(({ name }) => name === 'peer one')?.started;
    expect(await state()).toBe(false);
    await operations.startBrokerConnection('peer one');
    expect(await state()).toBe(true);
    await operations.stopBrokerConnection('peer one');
    expect(await state()).toBe(false);
  });

  it('of clients are listed with their users, and can be closed', async () => {
    const other = manage(instance);
    await other.invoke('broker', 'getVersion');
    const connections = await operations.connections();
    expect(connections).toHaveLength(2);
    expect(connections[0]).toMatchObject({ users: ['sidecar'], protocol: 'AMQP' });
    expect(await operations.closeConnection('none')).toBe(false);
    const lost = new Promise<void>((resolve) =>
      other.subscribe((state) => {
        if (state === 'connecting') resolve();
      }),
    );
    await Promise.allSettled(connections.map(({ id }) => operations.closeConnection(id)));
    await lost;
    await other.invoke('broker', 'getVersion');
    await other.close();
    expect(await operations.version()).toMatch(/^2\./);
  });
});

describe('who may not manage', () => {
  it.each([
    ['a wrong password', 'sidecar', 'wrong'],
    ['a user without permission', 'nobody', 'nothing'],
  ])('is told so: %s', async (_, user, password) => {
    await writeFileAtomic(etc('users.properties'), `sidecar=${PASSWORD}\nnobody=nothing\n`);
    const management = manage(instance, user, password);
    await expect(management.invoke('broker', 'getVersion')).rejects.toMatchObject({ code: 'MANAGEMENT_NOT_ALLOWED' });
    await management.close();
  });

  it('is a client with another certificate', async () => {
    const stranger = selfSigned('O=Stranger,L=London,C=GB');
    const tls = { ...instance.tls, key: stranger.key, certificate: stranger.certificate };
    const management = new ManagementConnection({ address: instance.listen, user: 'sidecar', password: PASSWORD, tls });
    await expect(management.invoke('broker', 'getVersion')).rejects.toMatchObject({ code: 'MANAGEMENT_NOT_ALLOWED' });
    await management.close();
  });

  it('is a broker with another certificate: it never gets the password', async () => {
    const tls = { ...instance.tls, pin: selfSigned('O=Other,L=London,C=GB').certificate };
    const management = new ManagementConnection({ address: instance.listen, user: 'sidecar', password: PASSWORD, tls });
    await expect(management.invoke('broker', 'getVersion')).rejects.toMatchObject({
      code: 'MANAGEMENT_NOT_ALLOWED',
      message: expect.stringContaining('C=GB, L=London, O=Broker') as string,
    });
    await management.close();
    const ready = jest.fn();
    const socket = openSocket(instance.listen, tls, ready);
    await new Promise((resolve) => socket.once('error', resolve));
    expect(ready).not.toHaveBeenCalled();
    expect(socket.bytesWritten).toBeLessThan(4_000);
  });

  it('is told when the key cannot be read', async () => {
    const tls = { ...instance.tls, key: 'no key' };
    const management = new ManagementConnection({ address: instance.listen, user: 'sidecar', password: PASSWORD, tls });
    await expect(management.invoke('broker', 'getVersion')).rejects.toMatchObject({ code: 'MANAGEMENT_NOT_ALLOWED' });
    await management.close();
  });
});

/** Sends messages with these properties, and resolves when the broker has taken them all. */
async function send(address: string, properties: Record<string, string>[]): Promise<void> {
  const connection: Connection = create_container().connect({
    ...instance.listen,
    username: 'sidecar',
    password: PASSWORD,
    reconnect: false,
    connection_details: () => ({
      ...instance.listen,
      connect: (_port: number, _host: string, _options: unknown, ready: () => void) =>
        openSocket(instance.listen, instance.tls, ready),
    }),
  });
  const sender = connection.open_sender(address);
  await new Promise<void>((resolve) => {
    let accepted = 0;
    sender.once('sendable', () => {
      for (const application_properties of properties) sender.send({ application_properties, body: 'x' });
    });
    sender.on('accepted', () => {
      accepted += 1;
      if (accepted === properties.length) resolve();
    });
  });
  connection.close();
}
