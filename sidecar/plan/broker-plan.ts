import type { BaseSettings } from '../lib/base-settings';
import type { HostAndPort } from '../network/identity';

export type { BaseSettings } from '../lib/base-settings';

export type Protocol = 'AMQP' | 'STOMP' | 'CORE';
export type RoutingType = 'ANYCAST' | 'MULTICAST';

/** What a role may do on the addresses that a match covers; Artemis' own words. */
export type Action =
  | 'send'
  | 'consume'
  | 'browse'
  | 'createDurableQueue'
  | 'deleteDurableQueue'
  | 'createNonDurableQueue'
  | 'deleteNonDurableQueue'
  | 'createAddress'
  | 'deleteAddress'
  | 'manage'
  | 'view'
  | 'edit';

/** The certificate that an acceptor shows, and whom it lets in at TLS level. */
export interface AcceptorTls {
  /** Instance-relative path of key and chain, PEM. */
  readonly keyStore: string;
  /** Instance-relative path of the certificates of which a client's must descend; absent: no client certificate asked. */
  readonly trustStore?: string;
  /** The oldest version that is spoken; 1.2 unless given. */
  readonly oldest?: 'TLSv1.3';
}

export interface Acceptor {
  readonly name: 'p2p' | 'node' | 'rpc' | 'rpc-admin';
  readonly host: string;
  readonly port: number;
  readonly protocols: readonly Protocol[];
  readonly loginDomain: string;
  /** Absent: plain TCP. */
  readonly tls?: AcceptorTls;
}

/** A certificate that may log in: its subject as Java's login modules spell it, and the roles it brings. */
export interface CertificateLogin {
  readonly user: string;
  readonly subject: string;
  readonly role: string;
}

/** A user name and what must be given as password: plain, or hashed as `ENC(...)`. */
export interface PasswordLogin {
  readonly user: string;
  readonly password: string;
  readonly role?: string;
}

/** Who may log in through an acceptor. With certificates both, certificate and password, are asked for, unless the first is enough. */
export interface LoginDomain {
  readonly name: string;
  readonly certificates?: readonly CertificateLogin[];
  /** Nobody is asked for a name or password; what a client says of himself counts for nothing. */
  readonly certificateIsEnough?: true;
  readonly passwords: readonly PasswordLogin[];
}

/** `place` tells where it is kept: with the broker's static file, or with the permissions per peer. */
export interface Permission {
  readonly match: string;
  readonly role: string;
  readonly actions: readonly Action[];
  readonly place: 'static' | 'peer';
}

/** Values as Artemis' address-setting element takes them, by element name. */
export interface AddressSetting {
  readonly match: string;
  readonly values: Readonly<Record<string, string | number | boolean>>;
}

export interface Address {
  readonly name: string;
  readonly routing: RoutingType;
  /** The peer for whom it is there; absent for the node's own. */
  readonly peer?: string;
}

export interface Queue {
  readonly name: string;
  readonly address: string;
  readonly routing: RoutingType;
  readonly filter?: string;
  readonly peer?: string;
}

/** One local queue and where on the peer's broker its messages go. */
export interface BridgeLink {
  readonly queue: string;
  readonly remoteAddress: string;
}

/** The connection to one peer; made when one of its queues has messages. */
export interface Bridge {
  readonly name: string;
  readonly peer: string;
  /** The name that the peer's TLS certificate must carry, as in the map. */
  readonly peerName: string;
  readonly addresses: readonly HostAndPort[];
  /** The only certificates that the connection trusts, PEM. */
  readonly trust: string;
  readonly links: readonly BridgeLink[];
}

/** Everything that one broker must be. Two equal views with equal settings give equal plans. */
export interface BrokerPlan {
  readonly name: string;
  /** Absolute path of the broker's instance folder. */
  readonly instance: string;
  /** Absolute path of the folder of its journal; `data` in the instance folder where absent. */
  readonly data?: string;
  /** Another broker has the same folder of data, and the one that holds its lock serves. */
  readonly sharedStore?: true;
  readonly maxMessageSize: number;
  readonly base: BaseSettings;
  readonly acceptors: readonly Acceptor[];
  readonly loginDomains: readonly LoginDomain[];
  readonly permissions: readonly Permission[];
  readonly addressSettings: readonly AddressSetting[];
  /** Declared in the static file; the broker has them before its acceptors open. */
  readonly staticAddresses: readonly Address[];
  readonly staticQueues: readonly Queue[];
  /** Declared through management, one set a peer or user. */
  readonly addresses: readonly Address[];
  readonly queues: readonly Queue[];
  readonly bridges: readonly Bridge[];
  /** The node's own id, who is at the other end of a probe. */
  readonly ownId: string;
}
