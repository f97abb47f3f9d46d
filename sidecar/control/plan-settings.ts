import { loadBaseSettings } from '../config/base-settings';
import type { Config } from '../config/config';
import { loadRpcUsers } from '../config/rpc-users';
import type { PlanSettings } from '../plan/plan-settings';
import type { MapSnapshot } from '../sources/source';
import type { NodeMaterial } from './node-material';

/** What the configuration and the files that it names say about the broker. Throws ConfigError. */
export async function planSettings(
  config: Config,
  { destination }: Pick<NodeMaterial, 'destination'> = {},
): Promise<PlanSettings> {
  const { acceptors } = config;
  const { tls } = acceptors.rpc;
  return {
    instance: config.broker.instance,
    ...(config.broker.data === undefined ? {} : { data: config.broker.data }),
    ...(config.broker.highAvailability === 'sharedStore' ? { sharedStore: true } : {}),
    acceptors: {
      p2p: acceptors.p2p,
      node: acceptors.node,
      rpcAdmin: acceptors.rpcAdmin,
      rpc: { host: acceptors.rpc.host, port: acceptors.rpc.port, tls: typeof tls === 'string' ? tls : 'separate' },
    },
    ...(destination === undefined ? {} : { stomp: { destination } }),
    rpcUsers: config.rpc.users === undefined ? [] : await loadRpcUsers(config.rpc.users),
    maxMessageSize: config.limits.maxMessageSize,
    base: await loadBaseSettings(config.broker.base),
  };
}

/** The settings within the rules of the network: of two limits the smaller holds. */
export function settingsUnder({ parameters }: MapSnapshot, settings: PlanSettings): PlanSettings {
  if (parameters === undefined || parameters.maxMessageSize >= settings.maxMessageSize) return settings;
  return { ...settings, maxMessageSize: parameters.maxMessageSize };
}
