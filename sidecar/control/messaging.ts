import { randomUUID } from 'node:crypto';
import { loadConfig } from '../config/load-config';
import { systemClock, type Clock } from '../lib/clock';
import { openAmqpConnection } from '../messaging/amqp/amqp-connection';
import { MessagingClient } from '../messaging/client/client';
import type { SendWindow } from '../messaging/client/client-options';
import type { Messaging } from '../messaging/messaging';
import type { HostAndPort } from '../network/identity';
import { SYSTEM_USERS } from '../plan/roles';
import { renewingAccess } from './certificates/renewing-access';
import { notRunning } from './node-client/broker-not-running';
import { MessagingDirectory } from './node-client/messaging-directory';
import { readNodeMaterial } from './node-material';
import { StateFolder } from './state-folder';

export { ManualClock, systemClock, type Clock } from '../lib/clock';
export { NetmapError } from '../lib/errors';
export type { SendWindow } from '../messaging/client/client-options';
export { MemoryNetwork, type MemoryNetworkOptions, type MemoryNodeSpec } from '../messaging/memory/memory-network';
export type { TraceEntry, TraceKind } from '../messaging/memory/trace';
export type {
  ReceivedStream,
  ReceiveStreamsOptions,
  SentStream,
  StreamHandler,
  StreamOptions,
  StreamProgress,
} from '../messaging/large/stream';
export type { Message, SendOptions, Sent } from '../messaging/message';
export type { CloseOptions, Messaging, RequestOptions } from '../messaging/messaging';
export { MessagingError, Reject, type MessagingErrorCode } from '../messaging/messaging-error';
export type { MessagingState } from '../messaging/messaging-state';
export type { Party, Sender } from '../messaging/party';
export type { Content, Handler, ReceivedMessage, ReceiveOptions, Receiving } from '../messaging/received-message';
export { RpcClient, type CallOptions } from '../messaging/rpc/rpc-client';
export { RpcFault } from '../messaging/rpc/rpc-fault';
export type { RpcAnswer, RpcEnd, RpcHandler, RpcReply, RpcRequest } from '../messaging/rpc/rpc-message';
export { RpcServer, type RpcCounts, type RpcProblem } from '../messaging/rpc/rpc-server';
export { connectRpc, openRpcServer, type RpcConnectOptions, type RpcServeOptions } from './rpc';

export interface MessagingOptions {
  /** The node's netmap.yaml; `netmap.yaml` in the working folder unless given. */
  readonly configFile?: string;
  /** Where the acceptor `node` is reached; as the configuration says unless given. */
  readonly broker?: HostAndPort;
  /** What may be under way to one recipient unconfirmed; 1,000 messages and 8 MiB unless given. */
  readonly sendWindow?: Partial<SendWindow>;
  /** Waits before a lost connection is made again, milliseconds; 200 to 30,000 unless given. */
  readonly reconnect?: { readonly min: number; readonly max: number };
  readonly clock?: Clock;
}

/**
 * Messaging of the node whose configuration it is, over its own broker, with the node's own key.
 * @throws ConfigError or NodeError where its files cannot be used, AccessError where the broker cannot
 */
export async function openMessaging(options: MessagingOptions = {}): Promise<Messaging> {
  const { configFile = 'netmap.yaml', clock = systemClock, sendWindow, reconnect } = options;
  const config = await loadConfig(configFile);
  const material = await readNodeMaterial(config, clock);
  const directory = await MessagingDirectory.open({ config, material, state: new StateFolder(config.state), clock });
  const user = SYSTEM_USERS.node;
  const access = renewingAccess({ config, material, clock }, options.broker ?? config.management, user);
  const opening = MessagingClient.open({
    directory,
    open: (onLost) => access((now) => openAmqpConnection(now, onLost)),
    clock,
    newId: randomUUID,
    maxMessageSize: () => directory.maxMessageSize,
    ...(sendWindow === undefined ? {} : { sendWindow }),
    ...(reconnect === undefined ? {} : { reconnect }),
  });
  return opening.catch((error: unknown) => {
    throw notRunning(error, config.file);
  });
}
