import type { MapHoldErrorCode } from '../sources/http/map-hold-error';
import type { MapPausedCode } from './pausable-source';
import type { NodeStatus } from './status';

type Parked = NodeStatus['map']['parked'][number];

const HELD: readonly MapHoldErrorCode[] = ['MAP_SHRUNK', 'MAP_OLDER'];
const PAUSED: MapPausedCode = 'MAP_PAUSED';
const OUTSIDE_WINDOW: MapPausedCode = 'MAP_OUTSIDE_WINDOW';
const UNACCEPTED: MapHoldErrorCode = 'PARAMETERS_NOT_ACCEPTED';
const isOneOf = (code: string, codes: readonly string[]): boolean => codes.includes(code);

/** Inputs of the map that are not taken, without a map that is held: who would leave by it is told at its own place. */
export function inputsBesideHeldMap({ map, networkMap }: NodeStatus): readonly Parked[] {
  if (networkMap?.held === undefined) return map.parked;
  return map.parked.filter(({ origin, code }) => origin !== networkMap.url || !isOneOf(code, HELD));
}

/** Those of them at which something is wrong: none that waits for the end of a pause, a window or an operator's word. */
export function faultyInputs(status: NodeStatus): readonly Parked[] {
  return inputsBesideHeldMap(status).filter(({ code }) => !isOneOf(code, [PAUSED, OUTSIDE_WINDOW, UNACCEPTED]));
}

export function isPaused({ map }: NodeStatus): boolean {
  return map.parked.some(({ code }) => code === PAUSED);
}

export function isOutsideWindow({ map }: NodeStatus): boolean {
  return map.parked.some(({ code }) => code === OUTSIDE_WINDOW);
}
