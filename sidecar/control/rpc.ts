import { randomUUID } from 'node:crypto';
import type { ClientTls } from '../broker/amqp/verified-socket';
import { parseCertificates } from '../certificates/certificate';
import { verifyChain } from '../certificates/chain';
import { X500Name } from '../certificates/x500-name';
import type { Config } from '../config/config';
import { loadConfig } from '../config/load-config';
import { systemClock, type Clock } from '../lib/clock';
import { openRpcConnection } from '../messaging/rpc/rpc-amqp';
import { RpcClient } from '../messaging/rpc/rpc-client';
import type { RpcHandler } from '../messaging/rpc/rpc-message';
import { RpcServer, type RpcServerOptions } from '../messaging/rpc/rpc-server';
import type { HostAndPort } from '../network/identity';
import { SYSTEM_USERS } from '../plan/roles';
import { renewingAccess } from './certificates/renewing-access';
import { readNodeMaterial } from './node-material';

export interface RpcServeOptions extends Pick<RpcServerOptions, 'concurrency' | 'replyTimeoutMs' | 'onProblem'> {
  /** The node's netmap.yaml; `netmap.yaml` in the working folder unless given. */
  readonly configFile?: string;
  /** By the acceptor `node` as the node itself, or by `rpcAdmin` as its RPC side, who may do nothing but RPC; `rpcAdmin` unless given. */
  readonly through?: 'node' | 'rpcAdmin';
  /** Where that acceptor is reached; as the configuration says unless given. */
  readonly broker?: HostAndPort;
  /** Waits before a lost connection is made again, milliseconds; 200 to 30,000 unless given. */
  readonly reconnect?: { readonly min: number; readonly max: number };
  readonly clock?: Clock;
}

export interface RpcConnectOptions {
  /** The node's acceptor `rpc`. */
  readonly address: HostAndPort;
  readonly user: string;
  readonly password: string;
  /** Absent: no TLS. */
  readonly tls?: {
    /** Certificates in PEM: the server's own, or those of the authorities above it. */
    readonly roots: string;
    /** X.500 name that the server's certificate must have; needed where others have certificates of the same authority. */
    readonly subject?: string;
  };
  /** Bytes that a request's body may have at most; 10 MiB unless given, as a node's limit is. */
  readonly maxMessageSize?: number;
  /** Waits before a lost connection is made again, milliseconds; 200 to 30,000 unless given. */
  readonly reconnect?: { readonly min: number; readonly max: number };
  readonly clock?: Clock;
}

/** For the broker to answer while a connection or link is opened, milliseconds. */
const ANSWER_MS = 30_000;
const MEBIBYTE = 1_048_576;

/**
 * Answers the RPC users of the node whose configuration it is, with the node's own key.
 * @throws ConfigError or NodeError where its files cannot be used, AccessError where the broker cannot, MessagingError
 * RECEIVE_INVALID or RECEIVE_REFUSED
 */
export async function openRpcServer(handler: RpcHandler, options: RpcServeOptions = {}): Promise<RpcServer> {
  const { configFile = 'netmap.yaml', clock = systemClock, through = 'rpcAdmin', broker, ...rest } = options;
  const config = await loadConfig(configFile);
  const material = await readNodeMaterial(config, clock);
  const user = through === 'node' ? SYSTEM_USERS.node : SYSTEM_USERS.nodeRpc;
  const address = broker ?? (through === 'node' ? config.management : reached(config));
  const access = renewingAccess({ config, material, clock }, address, user);
  return RpcServer.open({
    ...rest,
    handler,
    open: (onLost) => access((now) => openRpcConnection(now, onLost)),
    clock,
    newId: randomUUID,
    maxMessageSize: config.limits.maxMessageSize,
  });
}

/**
 * Connects an RPC user with a node.
 * @throws AccessError where the broker cannot be used or does not let him in, CertificateError or X500NameError where
 * `tls` cannot be read, MessagingError RECEIVE_REFUSED
 */
export async function connectRpc(options: RpcConnectOptions): Promise<RpcClient> {
  const { address, user, password, tls, clock = systemClock, maxMessageSize = 10 * MEBIBYTE, reconnect } = options;
  const access = {
    address,
    user,
    password,
    timeoutMs: ANSWER_MS,
    ...(tls === undefined ? {} : { tls: trusting(tls, clock) }),
  };
  return RpcClient.open({
    user,
    open: (onLost) => openRpcConnection(access, onLost),
    clock,
    newId: randomUUID,
    maxMessageSize,
    ...(reconnect === undefined ? {} : { reconnect }),
  });
}

function reached({ acceptors: { rpcAdmin }, management }: Config): HostAndPort {
  return ['0.0.0.0', '::'].includes(rpcAdmin.host) ? { host: management.host, port: rpcAdmin.port } : rpcAdmin;
}

function trusting({ roots, subject }: NonNullable<RpcConnectOptions['tls']>, clock: Clock): ClientTls {
  const trusted = parseCertificates(roots);
  const wanted = subject === undefined ? undefined : X500Name.parse(subject);
  return {
    verify: (chain) => {
      const [leaf] = chain;
      if (leaf === undefined) throw new Error('it shows no certificate');
      verifyChain({ chain, roots: trusted, at: clock.now(), leaf });
      if (wanted !== undefined && !leaf.subject.equals(wanted)) {
        throw new Error(`its certificate is that of ${leaf.subject.toCorda()}`);
      }
    },
  };
}
