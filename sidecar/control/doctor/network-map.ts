import { stat } from 'node:fs/promises';
import { ConfigError } from '../../config/config-error';
import { messageOf, NetmapError } from '../../lib/errors';
import { MapCacheError } from '../../sources/cache/map-cache-error';
import type { MapPausedCode } from '../pausable-source';
import type { NodeStatus } from '../status';
import { fault, notApplicable, ok, troubledOr, type Diagnosis, type Outcome, type Trouble } from './diagnosis';
import type { Site } from './site';

type Cause =
  | 'map-folder-unusable'
  | 'map-cache-damaged'
  | 'map-held'
  | 'map-paused'
  | 'change-held'
  | 'parameters-not-accepted'
  | 'map-entry-parked'
  | 'plan-refused';

/** More of a kind tell nothing more. */
const MOST_SHOWN = 5;

export const networkMap: Diagnosis<Cause> = {
  id: 'network-map',
  looksAt: 'the network map that this node has: what is held, what is parked and why',
  needs: ['state', 'own-name', 'rpc-users'],
  causes: {
    'map-folder-unusable': 'a folder of NodeInfos is not there, or cannot be read',
    'map-cache-damaged': 'the map that was taken last cannot be read from the disk',
    'map-held': 'the newest map has lost many peers, or is older: it waits for the operator',
    'map-paused': 'the operator has paused changes of the map (netmap pause)',
    'change-held': 'the newest map could not be made live at the broker, and the last good one stays',
    'parameters-not-accepted': 'the newest map is by network parameters that nobody has accepted for this node',
    'map-entry-parked': 'a NodeInfo is not taken; its node stays as it was, or is not there',
    'plan-refused': 'no plan can be made of map and settings',
  },
  async check(site) {
    const missing = await missingFolders(site);
    if (missing.length > 0) return troubledOr(missing, '');
    const found = await site.status();
    if (found?.alive === true) return asTheSidecarSees(found.status);
    try {
      const { snapshot } = await site.plan();
      const parked = snapshot.parked.map(({ origin, error }) => parkedTrouble(origin, error.message, error.remedy));
      return troubledOr(parked.slice(0, MOST_SHOWN), `${snapshot.peers.length} nodes`);
    } catch (error) {
      if (error instanceof MapCacheError && error.code === 'MAP_CACHE_MISSING') return ok('none was taken yet');
      // What is wrong with a file that the configuration names is told by the diagnosis of that file.
      if (error instanceof ConfigError) return notApplicable('map and settings cannot be read');
      if (!(error instanceof NetmapError)) throw error;
      const { message, remedy } = error as NetmapError;
      if (error instanceof MapCacheError)
        return fault('map-cache-damaged', message, remedy ?? 'restore the state folder from a backup: netmap restore');
      return fault('plan-refused', message, remedy ?? 'see netmap plan');
    }
  },
};

async function missingFolders(site: Site): Promise<Trouble<Cause>[]> {
  const { sources, node } = await site.config();
  const folders = [...sources.flatMap(({ directory }) => directory?.path ?? []), ...[node.authority ?? []].flat()];
  const troubles = folders.map(async (folder): Promise<Trouble<Cause>[]> => {
    try {
      if ((await stat(folder)).isDirectory()) return [];
      return [folderTrouble(`${folder} is no folder`)];
    } catch (error) {
      return [folderTrouble(`${folder} cannot be read: ${messageOf(error)}`)];
    }
  });
  return (await Promise.all(troubles)).flat();
}

function folderTrouble(words: string): Trouble<Cause> {
  return { verdict: 'fault', cause: 'map-folder-unusable', words, remedy: 'make it, mount it, or correct the setting' };
}

function asTheSidecarSees({ map, held, networkMap: service }: NodeStatus): Outcome<Cause> {
  const troubles: Trouble<Cause>[] = [];
  if (service?.held !== undefined) {
    const remedy =
      'see who would leave: netmap map show; then let it go on: netmap map accept, or wait for another map';
    troubles.push({ verdict: 'fault', cause: 'map-held', words: service.held.reason, remedy });
  }
  if (service?.unaccepted !== undefined) {
    const words = `the newest map is by network parameters ${service.unaccepted}, which are not accepted`;
    const remedy = `see netmap parameters show, then netmap parameters accept ${service.unaccepted}`;
    troubles.push({ verdict: 'fault', cause: 'parameters-not-accepted', words, remedy });
  }
  if (held !== undefined) {
    const remedy = held.remedy ?? 'see the log of the sidecar; netmap plan shows what it would change';
    troubles.push({ verdict: 'fault', cause: 'change-held', words: `${held.message} [${held.code}]`, remedy });
  }
  const paused = map.parked.find(({ code }) => code === 'MAP_PAUSED');
  if (paused !== undefined) {
    const remedy = 'see what waits: netmap plan; go on: netmap resume';
    troubles.push({ verdict: 'warning', cause: 'map-paused', words: paused.message, remedy });
  }
  // The service itself is told of by another diagnosis, what is held was told above, and to wait for a window is wanted.
  const elsewhere = new Set<MapPausedCode>(['MAP_PAUSED', 'MAP_OUTSIDE_WINDOW']);
  const parked = map.parked.filter(
    ({ origin, code }) => origin !== service?.url && !elsewhere.has(code as MapPausedCode),
  );
  troubles.push(...parked.slice(0, MOST_SHOWN).map((one) => parkedTrouble(one.origin, one.message, one.remedy)));
  return troubledOr(troubles, `${map.peers} nodes, nothing held`);
}

function parkedTrouble(origin: string, message: string, remedy: string | undefined): Trouble<Cause> {
  const words = `${origin} is not taken: ${message}`;
  return { verdict: 'warning', cause: 'map-entry-parked', words, remedy: remedy ?? 'ask the node that it is of' };
}
