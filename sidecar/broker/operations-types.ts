export type RoutingType = 'ANYCAST' | 'MULTICAST';

/** A queue to be made. What is not given is the broker's default; queues are durable unless told otherwise. */
export interface QueueDeclaration {
  readonly name: string;
  readonly address: string;
  readonly routingType: RoutingType;
  readonly durable?: boolean;
  /** A selector on what the queue takes from its address. */
  readonly filter?: string;
  readonly maxConsumers?: number;
  readonly exclusive?: boolean;
  readonly purgeOnNoConsumers?: boolean;
}

/** One queue as the broker lists it. */
export interface QueueInfo {
  readonly name: string;
  readonly address: string;
  readonly routingType: RoutingType;
  readonly durable: boolean;
  /** A reply queue that goes with its connection. */
  readonly temporary: boolean;
  readonly filter: string;
  readonly messageCount: number;
  readonly deliveringCount: number;
  readonly consumerCount: number;
  readonly messagesAdded: number;
  readonly messagesAcknowledged: number;
}

/** One address as the broker lists it. */
export interface AddressInfo {
  readonly name: string;
  readonly routingTypes: readonly RoutingType[];
  readonly queueCount: number;
  readonly temporary: boolean;
  readonly messageCount: number;
  /** Messages that came while no queue would take them: lost, unless sent to a dead-letter address. */
  readonly unroutedCount: number;
}

/** The message at the head of a queue. */
export interface FirstMessage {
  /** The broker's own number of it, another one whenever it is moved. */
  readonly id: number;
  /** When it came in, or else when its sender says to have made it; milliseconds since the epoch. */
  readonly at?: number;
}

export type ListField =
  | 'name'
  | 'address'
  | 'messageCount'
  | 'messagesAcked'
  | 'unroutedMessageCount'
  | 'consumerCount'
  | 'queueCount'
  | 'routingTypes';

/** Which entries a list call returns: those whose `field` compares so with `value`. */
export interface ListFilter {
  readonly field: ListField;
  readonly operation: 'EQUALS' | 'NOT_EQUALS' | 'CONTAINS' | 'NOT_CONTAINS' | 'GREATER_THAN' | 'LESS_THAN';
  readonly value: string | number;
}

/** What one role may do at an address. */
export interface RoleInfo {
  readonly name: string;
  readonly send: boolean;
  readonly consume: boolean;
  readonly browse: boolean;
  readonly manage: boolean;
  readonly createAddress: boolean;
  readonly deleteAddress: boolean;
  readonly createDurableQueue: boolean;
  readonly deleteDurableQueue: boolean;
  readonly createNonDurableQueue: boolean;
  readonly deleteNonDurableQueue: boolean;
}

/** One outgoing connection that broker.xml declares. */
export interface BrokerConnectionInfo {
  readonly name: string;
  readonly uri: string;
  readonly started: boolean;
  readonly connected: boolean;
}

/** One client that is connected. */
export interface ConnectionInfo {
  readonly id: string;
  /** Host and port as the broker sees them. */
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly protocol: string;
  readonly users: readonly string[];
  readonly sessionCount: number;
}

export interface BrokerStatus {
  readonly version: string;
  readonly nodeId: string;
  /** "STARTED" when it serves. */
  readonly state: string;
  /** Adler-32 (unsigned) of each JAAS properties file as the broker has loaded it, by file name. */
  readonly jaasFiles: ReadonlyMap<string, number>;
  /** Adler-32 of each broker properties file as read at the last reload, by file name, and the errors in them. */
  readonly propertiesFiles: ReadonlyMap<string, PropertiesFileStatus>;
}

export interface PropertiesFileStatus {
  readonly adler32: number;
  /** Settings of the file that the broker could not apply: its words. */
  readonly errors: readonly string[];
}
