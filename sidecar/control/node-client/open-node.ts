import type { Config } from '../../config/config';
import type { Clock } from '../../lib/clock';
import { readNodeMaterial, type NodeMaterial } from '../node-material';
import { StateFolder } from '../state-folder';
import { NodeConnection } from './node-connection';
import { NodeDirectory } from './node-directory';

/** What an application of the node works with. */
export interface OpenNode {
  readonly material: NodeMaterial;
  readonly connection: NodeConnection;
  readonly directory: NodeDirectory;
}

/** Throws AccessError when the node's broker cannot be used, ConfigError or NodeError when its files cannot. */
export async function openNode(config: Config, clock: Clock): Promise<OpenNode> {
  const material = await readNodeMaterial(config, clock);
  const connection = await NodeConnection.open({ config, material, clock });
  const state = new StateFolder(config.state);
  return { material, connection, directory: new NodeDirectory({ config, material, state, clock }) };
}
