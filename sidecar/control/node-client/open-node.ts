import type { Config } from '../../config/config';
import type { Clock } from '../../lib/clock';
import { readNodeMaterial, type NodeMaterial } from '../node-material';
import { readMap } from '../read-map';
import { StateFolder } from '../state-folder';
import { AddressBook } from './address-book';
import { NodeConnection } from './node-connection';

/** What an application of the node works with. */
export interface OpenNode {
  readonly material: NodeMaterial;
  readonly connection: NodeConnection;
  /** Whom the map names now. */
  readonly book: AddressBook;
}

/** Throws AccessError when the node's broker cannot be used, ConfigError or NodeError when its files cannot. */
export async function openNode(config: Config, clock: Clock): Promise<OpenNode> {
  const material = await readNodeMaterial(config, clock);
  const connection = await NodeConnection.open({ config, material, clock });
  try {
    const { peers } = await readMap({ config, material, state: new StateFolder(config.state), clock });
    return {
      material,
      connection,
      book: new AddressBook(
        material.own,
        peers.map(({ peer }) => peer),
      ),
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}
