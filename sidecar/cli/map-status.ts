import { NodeError } from '../control/node-error';
import type { NetworkMapView } from '../control/network-map-view';
import { StateFolder } from '../control/state-folder';
import type { NodeStatus } from '../control/status';
import type { Config } from '../config/config';

export interface FoundMap {
  readonly alive: boolean;
  readonly status: NodeStatus;
  readonly map: NetworkMapView;
}

/** What the sidecar of this node knows of its network map service. Throws NodeError where there is none of the two. */
export async function findMap(config: Config): Promise<FoundMap> {
  if (config.sources.every(({ networkMap }) => networkMap === undefined)) {
    throw new NodeError('NODE_NO_MAP_SERVICE', `${config.file} names no network map service`, {
      remedy: 'add one to its sources: - networkMap: { url: https://map.example/zone }',
    });
  }
  const found = await new StateFolder(config.state).readStatus();
  if (found?.status.networkMap === undefined) {
    throw new NodeError('SIDECAR_UNREACHABLE', `no sidecar has asked the network map service of ${config.file} yet`, {
      remedy: `start it: netmap run --config ${config.file}`,
    });
  }
  return { ...found, map: found.status.networkMap };
}

/** As `findMap`, for what a sidecar has to carry out. */
export async function findLiveMap(config: Config): Promise<FoundMap> {
  const found = await findMap(config);
  if (found.alive) return found;
  throw new NodeError('SIDECAR_UNREACHABLE', `the sidecar of ${config.file} does not run`, {
    remedy: `start it: netmap run --config ${config.file}`,
  });
}
