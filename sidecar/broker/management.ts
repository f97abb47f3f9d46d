import type { HostAndPort } from '../network/identity';
import type { BackoffOptions } from '../lib/backoff';
import type { Clock } from '../lib/clock';

/** TLS towards the broker's management acceptor. The peer is known by its exact certificate, never by host name. */
export interface ManagementTls {
  /** PKCS#8, PEM. */
  readonly key: string;
  /** The own certificate and its chain, PEM. */
  readonly certificate: string;
  /** The one certificate (PEM) that the broker must present; compared byte by byte. */
  readonly pin: string;
}

export interface ManagementOptions {
  readonly address: HostAndPort;
  readonly user: string;
  readonly password: string;
  /** Absent: plain TCP. A function is asked at each connection. */
  readonly tls?: ManagementTls | (() => ManagementTls);
  /** Requests on their way at the same time; 64 unless given. */
  readonly window?: number;
  /** Milliseconds from the call to the answer; 30,000 unless given. Connecting counts. */
  readonly timeout?: number;
  readonly backoff?: BackoffOptions;
  readonly clock?: Clock;
}

export interface CallOptions {
  /** Milliseconds; the connection's own time-out unless given. */
  readonly timeout?: number;
}

export type ManagementParameter = string | number | boolean | null;

/** `idle`: nobody has asked for anything yet; `connecting`: it tries, or waits to try again. */
export type ConnectionState = 'idle' | 'connecting' | 'connected' | 'closed';

/**
 * The broker's management operations over one AMQP connection, made at the first call and anew whenever it is lost.
 * Every method throws ManagementError. A request that was on its way when the connection was lost fails with
 * MANAGEMENT_UNREACHABLE and is never repeated by itself.
 */
export interface Management {
  readonly state: ConnectionState;
  /** Carries out `operation` of `resource` ("broker", "queue.NAME", "address.NAME", "acceptor.NAME"). */
  invoke(
    resource: string,
    operation: string,
    parameters?: readonly ManagementParameter[],
    options?: CallOptions,
  ): Promise<unknown>;
  attribute(resource: string, name: string, options?: CallOptions): Promise<unknown>;
  /** Tries to connect now when it is idle or waiting to try again. */
  hurry(): void;
  /** Calls `listener` with each new state and, when the connection failed, why; the returned function ends that. */
  subscribe(listener: (state: ConnectionState, reason?: Error) => void): () => void;
  /** Ends the connection; requests without an answer fail. Safe to repeat. */
  close(): Promise<void>;
}
