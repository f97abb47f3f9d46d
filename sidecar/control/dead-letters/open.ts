import { BrokerOperations } from '../../broker/operations';
import { loadBaseSettings } from '../../config/base-settings';
import type { Config } from '../../config/config';
import type { Clock } from '../../lib/clock';
import { localIdentities } from '../../plan/peer-pieces';
import { createManagement } from '../create-broker';
import { openNode } from '../node-client/open-node';
import { RpcUsersFile } from '../rpc-users-file';
import { StateFolder } from '../state-folder';
import { Replay } from './replay';
import { DeadLetterStore } from './store';
import { whose } from './whose';

export interface OpenDeadLetters {
  readonly store: DeadLetterStore;
  readonly replay: Replay;
  /** Id of a peer, service or RPC user, by its id or X.500 name; as `whose` has it. */
  readonly idOf: (text: string) => Promise<string>;
  /** Undefined for an id that is not on the map. */
  readonly nameOf: (id: string) => Promise<string | undefined>;
  close(): Promise<void>;
}

/** The dead letters of the node at its running broker. Throws AccessError, ConfigError and NodeError. */
export async function openDeadLetters(config: Config, clock: Clock): Promise<OpenDeadLetters> {
  const { connection, directory, material } = await openNode(config, clock);
  const management = createManagement({ config, material, clock });
  const close = async (): Promise<void> => {
    await management.close();
    await connection.close();
  };
  try {
    const operations = new BrokerOperations(management);
    const ownIds = localIdentities(material.own).map(({ id }) => id);
    const status = (await new StateFolder(config.state).readStatus())?.status;
    const network = status?.networkMap?.parameters?.maxMessageSize ?? Number.POSITIVE_INFINITY;
    const settings = { ownIds, maxMessageSize: Math.min(config.limits.maxMessageSize, network) };
    const { redelivery } = await loadBaseSettings(config.broker.base);
    const store = new DeadLetterStore({ operations, connection, settings, maxAttempts: redelivery.maxAttempts, clock });
    return {
      store,
      replay: new Replay({ store, operations, connection, ownIds, clock }),
      idOf: (text) =>
        whose(text, {
          find: (name) => directory.find(name),
          departed: (status?.departed ?? []).map(({ id }) => id),
          users: async () =>
            config.rpc.users === undefined ? [] : (await RpcUsersFile.of(config).users()).map(({ name }) => name),
          count: (peer) => store.count({ peer }),
        }),
      nameOf: (id) => directory.nameOf(id),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
