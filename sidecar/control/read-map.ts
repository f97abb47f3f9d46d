import type { Config } from '../config/config';
import type { Clock } from '../lib/clock';
import type { MapSnapshot } from '../sources/source';
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

/** One look at the network map, as the sidecar would take it now. Throws NodeError where the state cannot be read. */
export async function readMap({ config, material, state, clock }: MapInput): Promise<MapSnapshot> {
  const source = mapSource(config, material.roots, await state.readSerials(), clock, NO_SECOND_LOOK);
  try {
    await source.start(() => undefined);
    return source.snapshot();
  } finally {
    await source.stop();
  }
}
