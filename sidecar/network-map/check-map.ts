import { isHash } from './hash';
import { isInstant } from './instant';
import type { NetworkMapDocument } from './network-map';
import { NetworkMapError } from './network-map-error';

/**
 * Checks a network map, whatever form it came in, and gives it back.
 * @throws NetworkMapError MAP_CONTENT
 */
export function checkMap(map: NetworkMapDocument): NetworkMapDocument {
  const update = map.parametersUpdate;
  const hashes = [...map.nodeInfoHashes, map.networkParameterHash, ...(update === undefined ? [] : [update.hash])];
  const wrong = hashes.find((hash) => !isHash(hash));
  if (wrong !== undefined) throw refuse(`${JSON.stringify(wrong.slice(0, 80))} is not a hash of SHA-256`);
  if (update !== undefined && !isInstant(update.deadline)) {
    throw refuse('the deadline of the update is not from the year 1 to the year 9999');
  }
  return map;
}

function refuse(reason: string): NetworkMapError {
  return new NetworkMapError('map', 'CONTENT', reason);
}
