import { loadBaseSettings } from '../config/base-settings';
import type { Config } from '../config/config';
import { loadRpcUsers } from '../config/rpc-users';
import type { PlanSettings } from '../plan/plan-settings';

/** What the configuration and the files that it names say about the broker. Throws ConfigError. */
export async function planSettings(config: Config): Promise<PlanSettings> {
  const { acceptors } = config;
  const { tls } = acceptors.rpc;
  return {
    instance: config.broker.instance,
    acceptors: {
      p2p: acceptors.p2p,
      node: acceptors.node,
      rpcAdmin: acceptors.rpcAdmin,
      rpc: { host: acceptors.rpc.host, port: acceptors.rpc.port, tls: typeof tls === 'string' ? tls : 'separate' },
    },
    rpcUsers: config.rpc.users === undefined ? [] : await loadRpcUsers(config.rpc.users),
    maxMessageSize: config.limits.maxMessageSize,
    base: await loadBaseSettings(config.broker.base),
  };
}
