import type { LogLevel } from '../lib/log';

/** Where a secret lies; it is never written into the configuration itself. Exactly one of the two is set. */
export interface SecretRef {
  /** Absolute path of a file that holds the secret and nothing else. */
  readonly file?: string;
  /** Name of an environment variable. */
  readonly env?: string;
}

/** Exactly one is set; `authority` in the profile `swaptacular`, and in no other. */
export interface NodeConfig {
  /** Absolute path of this node's own NodeInfo file, made elsewhere. */
  readonly nodeInfo?: string;
  readonly publish?: PublishConfig;
  /** Absolute path of the folder of this node's certificate authority: its database, and the peers in it. */
  readonly authority?: string;
}

/** What this node's own NodeInfo is made of. */
export interface PublishConfig {
  /** The node's own legal identity first, then services. */
  readonly identities: readonly [KeyAndChainConfig, ...KeyAndChainConfig[]];
  readonly addresses: readonly [ListenConfig, ...ListenConfig[]];
  readonly platformVersion: number;
}

export interface CertificatesConfig {
  /** Private key of this node's TLS certificate, PEM. */
  readonly key: SecretRef;
  /** Absolute path of a PEM file: TLS certificate, node CA and so on, leaf first. */
  readonly chain: string;
  /** Absolute path of a PEM file with one or more roots of the network. */
  readonly roots: string;
  /** Absent: nothing is asked about revocation. */
  readonly revocation?: RevocationConfig;
}

/** Exactly one of `file` and `url` is set. */
export interface RevocationListConfig {
  /** Absolute path, DER or PEM. */
  readonly file?: string;
  readonly url?: string;
  /** Absolute path of a PEM file: by whom the HTTPS certificate of `url` may be issued. */
  readonly trust?: string;
}

export interface RevocationConfig {
  readonly lists: readonly RevocationListConfig[];
  /** `soft`: what no current list tells of is let through; `hard`: it is refused. */
  readonly failure: 'soft' | 'hard';
  /** Longest time between two requests for a list by its URL. */
  readonly refreshSeconds: number;
  /** Absolute path of a PEM file: CAs, besides the own chain's and the roots, that sign lists. */
  readonly issuers?: string;
}

export interface DirectorySourceConfig {
  /** Absolute path of a folder of NodeInfo files. */
  readonly path: string;
  /** `native` asks the operating system for changes, `poll` looks at intervals (network file systems). */
  readonly watch: 'native' | 'poll';
  /** Time between two looks where `watch` is `poll`. */
  readonly intervalMs: number;
}

export interface NetworkMapSourceConfig {
  /** Base of the service's paths. */
  readonly url: string;
  readonly format: 'corda' | 'json';
  /** UUID of a private map that is read, too. */
  readonly privateMap?: string;
  /** Absolute path of a PEM file: by whom the service's HTTPS certificate may be issued. */
  readonly trust?: string;
  /** Bounds of the time between two polls. */
  readonly minPollSeconds: number;
  readonly maxPollSeconds: number;
}

/** One source of the network map; exactly one of the two is set. At most one source is a network map service. */
export interface SourceConfig {
  readonly directory?: DirectorySourceConfig;
  readonly networkMap?: NetworkMapSourceConfig;
}

export interface BrakeConfig {
  /** From 0 to 1: what part of the peers may leave a network map at once. */
  readonly share: number;
  /** Fewer peers than this may always leave. */
  readonly atLeast: number;
}

/** Days of the week as the configuration names them, Monday first. */
export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** When changes of the network map that can wait may go live. */
export interface MaintenanceWindowConfig {
  /** On which it begins. */
  readonly days: readonly (typeof DAYS)[number][];
  /** `HH:MM`, as clocks in the zone show it. */
  readonly from: string;
  /** `HH:MM` or `24:00`; on the next day where it is not after `from`. */
  readonly until: string;
  /** As the IANA database names it, such as `Europe/Zurich`. */
  readonly timeZone: string;
}

export interface EvictionConfig {
  /** How long the empty queue of a peer that has left is kept. */
  readonly graceSeconds: number;
}

export interface BrokerConfig {
  /** `embedded`: a child process of the sidecar; `attached`: runs elsewhere and shares the instance folder. */
  readonly mode: 'embedded' | 'attached';
  /** Absolute path of the broker's instance folder (etc, data, log). */
  readonly instance: string;
  /** Absolute path of the folder of the broker's journal; `data` in the instance folder where absent. */
  readonly data?: string;
  /** `sharedStore`: another broker has the same folder of data, and the one that holds its lock serves. */
  readonly highAvailability: 'none' | 'sharedStore';
  /** Absolute path of an unpacked distribution; where absent one is obtained. */
  readonly home?: string;
  /** Absolute path of the Java program; where absent JAVA_HOME and PATH are searched. */
  readonly java?: string;
  /** Heap of the embedded broker as Java writes it, such as `512M` or `2G`. */
  readonly memory: string;
  /** Absolute path of the operator's overrides of the base settings, YAML. */
  readonly base?: string;
}

/** Where an acceptor or the management of a broker listens. */
export interface ListenConfig {
  readonly host: string;
  readonly port: number;
}

/** A private key, PEM, and its certificates. */
export interface KeyAndChainConfig {
  readonly key: SecretRef;
  /** Absolute path of a PEM file, leaf first. */
  readonly chain: string;
}

export interface RpcListenConfig extends ListenConfig {
  /** `own`: the node's TLS certificate; `off`: plain TCP; else a certificate for this acceptor alone. */
  readonly tls: 'own' | 'off' | KeyAndChainConfig;
}

export interface AcceptorsConfig {
  readonly p2p: ListenConfig;
  readonly node: ListenConfig;
  readonly rpc: RpcListenConfig;
  readonly rpcAdmin: ListenConfig;
}

export interface RpcConfig {
  /** Absolute path of the file of RPC users, YAML. */
  readonly users?: string;
}

export interface RetryConfig {
  /** Wait before the first new attempt, seconds. */
  readonly minSeconds: number;
  /** Longest wait, seconds. */
  readonly maxSeconds: number;
  /** As above, after the peer has refused the TLS or SASL handshake. */
  readonly handshakeMinSeconds: number;
  readonly handshakeMaxSeconds: number;
}

export interface BridgesConfig {
  /** A bridge whose queue has been empty for so long is disconnected. */
  readonly idleSeconds: number;
  readonly retry: RetryConfig;
  /** Time between two looks at the peers' queues; of a Swaptacular node a second at least. */
  readonly pollMilliseconds: number;
}

export interface LimitsConfig {
  /** Largest message accepted, bytes. */
  readonly maxMessageSize: number;
  /** Largest number of peers taken from a map. */
  readonly peers: number;
  /** In a Swaptacular network: connections that one peer may have at a time. */
  readonly peerConnections: number;
}

export interface HttpConfig extends ListenConfig {
  /** Host names under which browsers are answered, besides localhost and IP addresses. */
  readonly names: readonly string[];
  /** Who may accept a held map from the status page; absent: nobody. */
  readonly operator?: { readonly password: SecretRef };
}

export interface LogConfig {
  readonly level: LogLevel;
  /** `auto`: text on a terminal, JSON elsewhere. */
  readonly format: 'auto' | 'text' | 'json';
}

/** The configuration of one node: validated, with every default filled in and every path absolute. */
export interface Config {
  /** Absolute path of the file that was read. */
  readonly file: string;
  readonly profile: 'corda' | 'swaptacular';
  readonly node: NodeConfig;
  readonly certificates: CertificatesConfig;
  /** At least one in the profile `corda`; in the profile `swaptacular` the authority is the source. */
  readonly sources: readonly SourceConfig[];
  readonly brake: BrakeConfig;
  /** None: every change goes live at once. */
  readonly maintenance: readonly MaintenanceWindowConfig[];
  readonly eviction: EvictionConfig;
  readonly broker: BrokerConfig;
  readonly acceptors: AcceptorsConfig;
  /** Where the sidecar reaches the broker's management; the `node` acceptor unless set. */
  readonly management: ListenConfig;
  readonly rpc: RpcConfig;
  readonly bridges: BridgesConfig;
  readonly limits: LimitsConfig;
  /** Absolute path of the folder of what the sidecar itself must remember. */
  readonly state: string;
  /** Where status page, health and metrics are served; absent: nowhere. */
  readonly http?: HttpConfig;
  readonly log: LogConfig;
}
