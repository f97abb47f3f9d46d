import type { Management, ManagementParameter } from './management';
import {
  asCount,
  asObjects,
  asTexts,
  invalidAnswer,
  parseObject,
  parseObjects,
  parseStatus,
  type AnswerFields,
} from './operations-parse';
import type {
  AddressInfo,
  BrokerConnectionInfo,
  BrokerStatus,
  ConnectionInfo,
  FirstMessage,
  ListFilter,
  QueueDeclaration,
  QueueInfo,
  RoleInfo,
  RoutingType,
} from './operations-types';

export interface DestroyQueueOptions {
  /** Closes the consumers that the queue still has; otherwise they make it fail. */
  readonly closeConsumers?: boolean;
}

/** Entries a page. The broker sorts all that fit anew for each page (3 s with 12,000 queues), so one page for nearly all. */
const PAGE_SIZE = 20_000;
const LIST_TIMEOUT = 120_000;
const FULL_PERCENT = 100;

/** What is asked of the broker, with types. Every method throws ManagementError, as Management does. */
export class BrokerOperations {
  constructor(readonly management: Management) {}

  async version(): Promise<string> {
    const answer = await this.onBroker('getVersion');
    if (typeof answer !== 'string') throw invalidAnswer('getVersion', 'it is not a text');
    return answer;
  }

  /**
   * The state, and which content of its files the broker has loaded. A JAAS
   * file is loaded again at a login only, and only by one that the broker does not remember from before.
   */
  async status(): Promise<BrokerStatus> {
    return parseStatus(await this.onBroker('getStatus'));
  }

  /** Has broker.xml and the properties files read again; resolves when what they say is in force. */
  async reload(options: { readonly timeout?: number } = {}): Promise<void> {
    await this.management.invoke('broker', 'reloadConfigurationFile', [], options);
  }

  /**
   * Has an acceptor read its key and trust stores again, for whoever connects from now on; who is connected stays. An
   * acceptor whose stores cannot be read listens no more until it is reloaded with others.
   */
  async reloadAcceptor(name: string): Promise<void> {
    await this.management.invoke(`acceptor.${name}`, 'reload');
  }

  /** Has each login looked up anew: who was refused is kept out for seconds otherwise, who was let in stays so. */
  async forgetLogins(): Promise<void> {
    await this.onBroker('clearAuthenticationCache');
  }

  /** MANAGEMENT_REFUSED when it exists. */
  async createAddress(name: string, routingTypes: readonly RoutingType[]): Promise<void> {
    await this.onBroker('createAddress', name, routingTypes.join(','));
  }

  /** MANAGEMENT_REFUSED when it does not exist or has queues. */
  async deleteAddress(name: string): Promise<void> {
    await this.onBroker('deleteAddress', name);
  }

  /** Does nothing when a queue of that name exists, whatever its settings. The address must exist. */
  async createQueue(queue: QueueDeclaration): Promise<void> {
    const settings = {
      name: queue.name,
      address: queue.address,
      'routing-type': queue.routingType,
      durable: queue.durable ?? true,
      'filter-string': queue.filter,
      'max-consumers': queue.maxConsumers,
      exclusive: queue.exclusive,
      'purge-on-no-consumers': queue.purgeOnNoConsumers,
      'auto-create-address': false,
    };
    await this.onBroker('createQueue', JSON.stringify(settings), true);
  }

  /** What the queue takes from now on; what is in it stays. MANAGEMENT_REFUSED when it does not exist. */
  async updateQueueFilter(name: string, filter: string): Promise<void> {
    await this.onBroker('updateQueue', JSON.stringify({ name, 'filter-string': filter }));
  }

  /** Destroys the queue AND its messages. MANAGEMENT_REFUSED when it does not exist or has consumers. */
  async destroyQueue(name: string, options: DestroyQueueOptions = {}): Promise<void> {
    await this.onBroker('destroyQueue', name, options.closeConsumers ?? false);
  }

  /** From now on what is sent to the queue's address finds no queue there; what is in it stays, over restarts too. */
  async closeQueue(name: string): Promise<void> {
    await this.management.invoke(`queue.${name}`, 'disable');
  }

  /** Undoes `closeQueue`; does nothing to a queue that is open. MANAGEMENT_REFUSED when it does not exist. */
  async openQueue(name: string): Promise<void> {
    await this.management.invoke(`queue.${name}`, 'enable');
  }

  async addressNames(): Promise<string[]> {
    return asTexts(await this.onBroker('getAddressNames'), 'getAddressNames');
  }

  async queueNames(): Promise<string[]> {
    return asTexts(await this.onBroker('getQueueNames'), 'getQueueNames');
  }

  /**
   * Every queue that fits the filter. Cheap when few fit (0.1 s with 12,000 queues), but several seconds of the broker's time when
   * all of those do: to know which queues there are, ask for `queueNames`.
   */
  listQueues(filter?: ListFilter): Promise<QueueInfo[]> {
    return this.list('listQueues', filter, (queue) => ({
      name: queue.text('name'),
      address: queue.text('address'),
      routingType: queue.text('routingType') === 'ANYCAST' ? 'ANYCAST' : 'MULTICAST',
      durable: queue.flag('durable'),
      temporary: queue.flag('temporary'),
      filter: queue.text('filter'),
      messageCount: queue.number('messageCount'),
      deliveringCount: queue.number('deliveringCount'),
      consumerCount: queue.number('consumerCount'),
      messagesAdded: queue.number('messagesAdded'),
      messagesAcknowledged: queue.number('messagesAcked'),
    }));
  }

  /** Every address that fits the filter, with its count of messages that found no queue. */
  listAddresses(filter?: ListFilter): Promise<AddressInfo[]> {
    return this.list('listAddresses', filter, (address) => ({
      name: address.text('name'),
      routingTypes: parseRoutingTypes(address.text('routingTypes')),
      queueCount: address.number('queueCount'),
      temporary: address.flag('temporary'),
      messageCount: address.number('messageCount'),
      unroutedCount: address.number('unroutedMessageCount'),
    }));
  }

  /** Messages that came to the address while no queue would take them, since the broker started. */
  async unroutedCount(address: string): Promise<number> {
    return asCount(
      await this.management.attribute(`address.${address}`, 'UnRoutedMessageCount'),
      'UnRoutedMessageCount',
    );
  }

  /** Whether the broker gives no more credit to who sends to the address, for its own messages or those of all. */
  async isFull(address: string): Promise<boolean> {
    const [own, all] = await Promise.all([
      this.management.attribute(`address.${address}`, 'AddressLimitPercent'),
      this.management.attribute('broker', 'AddressMemoryUsagePercentage'),
    ]);
    return Math.max(asCount(own, 'AddressLimitPercent'), asCount(all, 'AddressMemoryUsagePercentage')) >= FULL_PERCENT;
  }

  /** Bytes of messages that came in by the address and are still in some queue. */
  async addressBytes(address: string): Promise<number> {
    return asCount(await this.management.attribute(`address.${address}`, 'AddressSize'), 'AddressSize');
  }

  /** Messages in the queue, those on their way to consumers included. */
  async messageCount(queue: string): Promise<number> {
    return asCount(await this.management.attribute(`queue.${queue}`, 'MessageCount'), 'MessageCount');
  }

  /** Messages in all queues together: much cheaper than a listing, so good for seeing whether one is worth its cost. */
  async totalMessageCount(): Promise<number> {
    return asCount(await this.management.attribute('broker', 'TotalMessageCount'), 'TotalMessageCount');
  }

  /** Removes the messages that the selector takes, all without one, and answers how many. */
  async removeMessages(queue: string, selector = ''): Promise<number> {
    return asCount(await this.management.invoke(`queue.${queue}`, 'removeMessages', [selector]), 'removeMessages');
  }

  /** How many messages of the queue the selector takes; all without one. */
  async countMessages(queue: string, selector = ''): Promise<number> {
    return asCount(await this.management.invoke(`queue.${queue}`, 'countMessages', [selector]), 'countMessages');
  }

  /** As `countMessages`, for each value of a property; those without it as `null`. */
  async countMessagesBy(queue: string, property: string, selector = ''): Promise<ReadonlyMap<string, number>> {
    const operation = 'countMessages';
    const answer = parseObject(
      await this.management.invoke(`queue.${queue}`, operation, [selector, property]),
      operation,
    );
    return new Map(answer.names().map((value) => [value, answer.number(value)]));
  }

  /** The message at the head of the queue that nobody has; undefined where there is none. */
  async firstMessage(queue: string): Promise<FirstMessage | undefined> {
    const operation = 'peekFirstMessageAsJSON';
    const answer = await this.management.invoke(`queue.${queue}`, operation);
    if (answer === undefined || answer === 'null') return undefined;
    const message = parseObject(answer, operation);
    const times = ['x-opt-ingress-time', 'timestamp'].filter((name) => message.has(name)).map((n) => message.number(n));
    const at = times.find((time) => time > 0);
    return { id: message.number('messageID'), ...(at === undefined ? {} : { at }) };
  }

  /** Messages that the consumers of the queue, those that are there now, were given and do not have any more: taken or given back. */
  async handledMessages(queue: string): Promise<number> {
    const operation = 'listConsumersAsJSON';
    const consumers = parseObjects(await this.management.invoke(`queue.${queue}`, operation), operation);
    return consumers.reduce((sum, one) => sum + one.number('messagesDelivered') - one.number('messagesInTransit'), 0);
  }

  /** Numbers of the messages that consumers of the queue have and have not settled. */
  async messagesUnderWay(queue: string): Promise<number[]> {
    const operation = 'listDeliveringMessagesAsJSON';
    const consumers = parseObjects(await this.management.invoke(`queue.${queue}`, operation), operation);
    return consumers.flatMap((consumer) => consumer.objects('elements').map((message) => message.number('messageID')));
  }

  /** Moves one message of the queue to the dead letters; false when it is not there any more. */
  async buryMessage(queue: string, id: number): Promise<boolean> {
    return (await this.management.invoke(`queue.${queue}`, 'sendMessageToDeadLetterAddress', [id])) === true;
  }

  /**
   * Puts what the selector takes back to the queue and address that it died at, each wholly or not at all, whatever the address
   * remembers of duplicate IDs. Answers how many; what has no such queue any more stays.
   */
  async retryMessages(queue: string, selector: string): Promise<number> {
    return asCount(await this.management.invoke(`queue.${queue}`, 'retryMessages', [selector]), 'retryMessages');
  }

  /** Moves what the selector takes to another queue, as `retryMessages` does. MANAGEMENT_REFUSED when that does not exist. */
  async moveMessages(queue: string, selector: string, target: string): Promise<number> {
    const parameters = [selector, target];
    return asCount(await this.management.invoke(`queue.${queue}`, 'moveMessages', parameters), 'moveMessages');
  }

  /** Whether the queue is there and takes messages. */
  async isOpen(queue: string): Promise<boolean> {
    if (!(await this.queueNames()).includes(queue)) return false;
    return (await this.management.attribute(`queue.${queue}`, 'Enabled')) === true;
  }

  /** The address takes messages of any duplicate ID again. */
  async forgetDuplicates(address: string): Promise<void> {
    await this.management.invoke(`address.${address}`, 'clearDuplicateIdCache');
  }

  /** What each role may do at the address, from the most specific match that is in force. */
  async roles(address: string): Promise<RoleInfo[]> {
    const roles = parseObjects(await this.onBroker('getRolesAsJSON', address), 'getRolesAsJSON');
    return roles.map((role) => ({
      name: role.text('name'),
      send: role.flag('send'),
      consume: role.flag('consume'),
      browse: role.flag('browse'),
      manage: role.flag('manage'),
      createAddress: role.flag('createAddress'),
      deleteAddress: role.flag('deleteAddress'),
      createDurableQueue: role.flag('createDurableQueue'),
      deleteDurableQueue: role.flag('deleteDurableQueue'),
      createNonDurableQueue: role.flag('createNonDurableQueue'),
      deleteNonDurableQueue: role.flag('deleteNonDurableQueue'),
    }));
  }

  async brokerConnections(): Promise<BrokerConnectionInfo[]> {
    const connections = parseObjects(await this.onBroker('listBrokerConnections'), 'listBrokerConnections');
    return connections.map((connection) => ({
      name: connection.text('name'),
      uri: connection.text('uri'),
      started: connection.flag('started'),
      connected: connection.has('connected') && connection.flag('connected'),
    }));
  }

  /** Nothing happens when it is started already. */
  async startBrokerConnection(name: string): Promise<void> {
    await this.onBroker('startBrokerConnection', name);
  }

  /** Nothing happens when it is stopped already. */
  async stopBrokerConnection(name: string): Promise<void> {
    await this.onBroker('stopBrokerConnection', name);
  }

  /** Every client that is connected, with the users of its sessions. */
  connections(): Promise<ConnectionInfo[]> {
    return this.list('listConnections', undefined, (connection) => ({
      id: connection.text('connectionID'),
      remoteAddress: connection.text('remoteAddress'),
      localAddress: connection.text('localAddress'),
      protocol: connection.text('protocol'),
      users: connection
        .text('users')
        .split(',')
        .filter((user) => user !== ''),
      sessionCount: connection.number('sessionCount'),
    }));
  }

  /** Connections since the broker's start, those that have ended as well: it grows with each that comes. */
  async totalConnections(): Promise<number> {
    return asCount(await this.management.attribute('broker', 'TotalConnectionCount'), 'TotalConnectionCount');
  }

  /** The sessions of all clients, with the user as whom the broker's own check has let each in. */
  sessions(): Promise<{ readonly connection: string; readonly validatedUser: string }[]> {
    return this.list('listSessions', undefined, (session) => ({
      connection: session.text('connectionID'),
      validatedUser: session.text('validatedUser'),
    }));
  }

  /** Closes one client's connection; false when there is none of that id. */
  async closeConnection(id: string): Promise<boolean> {
    return (await this.onBroker('closeConnectionWithID', id)) === true;
  }

  /** Closes every connection that somebody has opened a session with by this user name; false when there is none. */
  async closeConnectionsOf(user: string): Promise<boolean> {
    return (await this.onBroker('closeConnectionsForUser', user)) === true;
  }

  private onBroker(operation: string, ...parameters: ManagementParameter[]): Promise<unknown> {
    return this.management.invoke('broker', operation, parameters);
  }

  private async list<Entry>(
    operation: string,
    filter: ListFilter | undefined,
    read: (fields: AnswerFields) => Entry,
  ): Promise<Entry[]> {
    const entries: Entry[] = [];
    for (let page = 1; ; page += 1) {
      const answer = parseObject(
        await this.management.invoke('broker', operation, [listOptions(filter), page, PAGE_SIZE], {
          timeout: LIST_TIMEOUT,
        }),
        operation,
      );
      const data = asObjects(answer.list('data'), operation);
      entries.push(...data.map(read));
      if (data.length < PAGE_SIZE) return entries;
    }
  }
}

function listOptions(filter: ListFilter | undefined): string {
  if (filter === undefined) return '';
  return JSON.stringify({ field: filter.field, operation: filter.operation, value: String(filter.value) });
}

function parseRoutingTypes(text: string): RoutingType[] {
  return (['ANYCAST', 'MULTICAST'] as const).filter((type) => text.includes(type));
}
