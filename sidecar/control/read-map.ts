import type { Config } from '../config/config';
import type { Clock } from '../lib/clock';
import type { MapSnapshot } from '../sources/source';
import { mapAccess } from './map-access';
import { mapSource } from './map-watch';
import type { NodeMaterial } from './node-material';
import type { StateFolder } from './state-folder';

export interface MapInput {
  readonly config: Config;
  readonly material: NodeMaterial;
  readonly state: StateFolder;
  readonly clock: Clock;
}

/** What is bad is told at once. */
const NO_SECOND_LOOK = 0;

/**
 * One look at the network map, as the sidecar would take it now: folders as they are, the map of a service as it was
 * taken last. Throws NodeError or MapCacheError where what is kept cannot be read.
 */
export async function readMap({ config, material, state, clock }: MapInput): Promise<MapSnapshot> {
  const access = await mapAccess(config, material.own.platformVersion, clock);
  const serials = await state.readSerials();
  const settleMs = NO_SECOND_LOOK;
  const random = (): number => 0;
  const { source } = mapSource({ config, material, serials, clock, random, access, settleMs, offline: true });
  try {
    await source.start(() => undefined);
    return source.snapshot();
  } finally {
    await source.stop();
  }
}
