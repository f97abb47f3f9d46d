import type { Management, ManagementParameter } from '../../../sidecar/broker/management';
import { ManagementError } from '../../../sidecar/broker/management-error';
import type { BrokerModel } from './broker-model';

/** How a request gets to the broker and its answer back; may fail on either way, or never come. */
export type Passage = <Result>(what: string, effect: () => Result) => Promise<Result>;

interface QueueText {
  readonly name: string;
  readonly address: string;
  readonly 'filter-string'?: string;
}

/** Operations that change the broker. */
export const WRITES = /^(create|update|delete|destroy|enable|disable|reload|start|stop)/;

/** The operations that the sidecar uses, in the broker's own form, on a model. */
export class ModelManagement implements Management {
  readonly state = 'connected';

  constructor(
    private readonly broker: BrokerModel,
    private readonly passage: Passage,
  ) {}

  invoke(resource: string, operation: string, parameters: readonly ManagementParameter[] = []): Promise<unknown> {
    const texts = resource === 'broker' ? parameters.map(String) : [resource.replace(/^\w+\./, '')];
    return this.passage(`${operation} ${texts[0] ?? ''}`, () => this.carryOut(operation, texts));
  }

  attribute(resource: string, name: string): Promise<unknown> {
    return this.passage(name, () => {
      if (name === 'TotalMessageCount') return sum([...this.broker.queues.values()].map(({ messages }) => messages));
      // What came in has been read.
      if (name === 'AddressSize')
        return this.broker.addresses.has(resource.replace('address.', '')) ? 0 : refuse(`no ${resource}`);
      return this.broker.queues.get(resource.replace('queue.', ''))?.messages ?? refuse(`no ${resource}`);
    });
  }

  hurry(): void {
    // Always connected.
  }

  subscribe(): () => void {
    return () => undefined;
  }

  async close(): Promise<void> {
    // Nothing to close.
  }

  private carryOut(operation: string, [first = '', second = '']: readonly string[]): unknown {
    const { broker } = this;
    switch (operation) {
      case 'getVersion':
        return '2.56.0';
      case 'getStatus':
        return JSON.stringify({
          server: { version: '2.56.0', nodeId: 'n', state: 'STARTED' },
          configuration: { properties: { 'broker.properties': { fileAdler32: broker.propertiesSum, errors: [] } } },
        });
      case 'clearAuthenticationCache':
        return undefined;
      case 'reloadConfigurationFile':
        broker.load();
        return undefined;
      case 'createAddress':
        if (broker.addresses.has(first)) return refuse(`address ${first} exists`);
        return broker.addresses.set(first, second);
      case 'createQueue':
        return this.createQueue(JSON.parse(first) as QueueText);
      case 'updateQueue':
        return this.updateQueue(JSON.parse(first) as QueueText);
      case 'disable':
      case 'enable':
        return this.setClosed(first, operation === 'disable');
      case 'destroyQueue':
        return this.destroyQueue(first);
      case 'deleteAddress':
        if ([...broker.queues.values()].some(({ address }) => address === first)) return refuse(`${first} has queues`);
        return broker.addresses.delete(first) || refuse(`no address ${first}`);
      case 'getAddressNames':
        return [...broker.addresses.keys()];
      case 'getQueueNames':
        return [...broker.queues.keys()];
      case 'listAddresses':
        return this.listAddresses(first);
      case 'listQueues':
        return this.listQueues(first);
      case 'getRolesAsJSON':
        return JSON.stringify([...(broker.grants.get(first) ?? ['node'])].map(role));
      case 'listBrokerConnections':
        return JSON.stringify(
          [...broker.connections].map(([name, { started }]) => ({
            name,
            uri: '',
            started,
            connected: broker.connected(name),
          })),
        );
      case 'startBrokerConnection':
        return this.run(first, true);
      case 'stopBrokerConnection':
        return this.run(first, false);
      default:
        return refuse(`no operation ${operation}`);
    }
  }

  private updateQueue({ name, 'filter-string': filter = '' }: QueueText): unknown {
    const queue = this.broker.queues.get(name);
    if (queue === undefined) return refuse(`no queue ${name}`);
    queue.filter = filter;
    return undefined;
  }

  private setClosed(name: string, closed: boolean): unknown {
    const queue = this.broker.queues.get(name);
    if (queue === undefined) return refuse(`no queue ${name}`);
    queue.closed = closed;
    return undefined;
  }

  private destroyQueue(name: string): unknown {
    this.broker.lost += this.broker.queues.get(name)?.messages ?? refuse(`no queue ${name}`);
    return this.broker.queues.delete(name);
  }

  private createQueue({ name, address, 'filter-string': filter = '' }: QueueText): unknown {
    if (!this.broker.addresses.has(address)) return refuse(`no address ${address}`);
    if (this.broker.queues.has(name)) return undefined;
    return this.broker.queues.set(name, { address, filter, messages: 0, settled: 0 });
  }

  private listAddresses(options: string): string {
    const { field, value } = JSON.parse(options) as { field: string; value: string };
    if (field !== 'name') return refuse(`addresses by ${field}`);
    const data = [...this.broker.addresses]
      .filter(([name]) => name === value)
      .map(([name, routingTypes]) => ({
        name,
        routingTypes,
        queueCount: 0,
        temporary: false,
        messageCount: 0,
        unroutedMessageCount: 0,
      }));
    return JSON.stringify({ data });
  }

  private listQueues(options: string): string {
    this.broker.carry();
    const { field, value } = JSON.parse(options) as { field: string; value: string };
    const data = [...this.broker.queues]
      .filter(([name, { messages }]) => (field === 'name' ? name === value : messages > Number(value)))
      .map(([name, { address, filter, messages, settled }]) => ({
        ...{ name, address, routingType: 'ANYCAST', durable: true, temporary: false, filter },
        ...{ messageCount: messages, deliveringCount: 0, consumerCount: 0, messagesAdded: 0, messagesAcked: settled },
      }));
    return JSON.stringify({ data });
  }

  private run(name: string, started: boolean): unknown {
    const connection = this.broker.connections.get(name);
    if (connection === undefined) return refuse(`no connection ${name}`);
    connection.started = started;
    return undefined;
  }
}

const NOTHING = {
  ...{ consume: false, browse: false, manage: false, createAddress: false, deleteAddress: false },
  ...{ createDurableQueue: false, deleteDurableQueue: false },
  ...{ createNonDurableQueue: false, deleteNonDurableQueue: false },
};

function role(name: string): object {
  return { name, send: true, ...NOTHING };
}

function refuse(why: string): never {
  throw new ManagementError('MANAGEMENT_REFUSED', why);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
