import { STATUS } from '../../test/faults/model/observation';
import { faultyInputs, inputsBesideHeldMap, isOutsideWindow, isPaused } from './parked-inputs';
import type { NodeStatus } from './status';

const url = 'https://map.example';
const held = { reason: 'it has lost 4 of 5 peers', digest: 'D', since: 1, lost: [] };

function withInputs(inputs: readonly (readonly [origin: string, code: string])[], more: object = {}): NodeStatus {
  const parked = inputs.map(([origin, code]) => ({ origin, code, message: code, since: 1 }));
  return { ...STATUS, map: { ...STATUS.map, parked }, networkMap: { url, stale: 0, ...more } };
}
const codes = (inputs: readonly { readonly code: string }[]): string[] => inputs.map(({ code }) => code);

test('a held map is told once, and no other input is left out', () => {
  const inputs = [
    [url, 'MAP_SHRUNK'],
    [url, 'MAP_CACHE_DAMAGED'],
    ['9F2C', 'NODE_INFO_SIGNATURE'],
  ] as const;
  expect(codes(inputsBesideHeldMap(withInputs(inputs, { held })))).toEqual([
    'MAP_CACHE_DAMAGED',
    'NODE_INFO_SIGNATURE',
  ]);
  expect(codes(inputsBesideHeldMap(withInputs([[url, 'MAP_OLDER']], { held })))).toEqual([]);
  // What no other place tells of has to be told here.
  expect(codes(inputsBesideHeldMap(withInputs(inputs)))).toEqual(inputs.map(([, code]) => code));
});

test('what waits for somebody or some time is no fault', () => {
  const waiting = withInputs(
    [
      [url, 'MAP_SHRUNK'],
      [url, 'PARAMETERS_NOT_ACCEPTED'],
      ['netmap pause', 'MAP_PAUSED'],
      ['maintenance window', 'MAP_OUTSIDE_WINDOW'],
      ['bad.json', 'NODE_INFO_SIGNATURE'],
    ],
    { held },
  );
  expect(codes(faultyInputs(waiting))).toEqual(['NODE_INFO_SIGNATURE']);
  expect([isPaused(waiting), isOutsideWindow(waiting)]).toEqual([true, true]);
  expect([isPaused(STATUS), isOutsideWindow(STATUS)]).toEqual([false, false]);
});
