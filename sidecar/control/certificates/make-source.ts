import { mapSource, type CreatedSource, type MapSourceInput } from '../map-watch';
import type { NodeMaterial } from '../node-material';
import type { LiveMaterial } from './live-material';
import type { Making } from './rerooted-source';

/** What is bad is told at once. */
const NO_SECOND_LOOK = 0;

/** Makes sources of the map by roots that may be others than the node lives by; all else is as the node is at that time. */
export function makeSource(
  input: Omit<MapSourceInput, 'material' | 'serials' | 'settleMs' | 'offline'> & { readonly material: LiveMaterial },
): (making: Making) => CreatedSource {
  return ({ roots, serials, isTrial }) =>
    mapSource({
      ...input,
      material: under(input.material, roots),
      serials,
      ...(isTrial && { settleMs: NO_SECOND_LOOK, offline: true }),
    });
}

/** A view of the node, not a copy: its certificates change while a source is at work. */
function under(live: LiveMaterial, roots: NodeMaterial['roots']): NodeMaterial {
  return Object.create(live, { roots: { value: roots, enumerable: true } }) as NodeMaterial;
}
