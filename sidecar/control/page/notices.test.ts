import { NOW, SEEN, seenWith, STATUS } from '../../../test/faults/model/observation';
import { noticesOf } from './notices';

const url = 'https://map.example';
const held = { reason: 'it has lost 4 of 5 peers', digest: 'D', since: 1, lost: [] };
const titlesWith = (networkMap: object): string[] =>
  noticesOf(seenWith({ ...STATUS, networkMap: { url, stale: 0, ...networkMap } }), NOW).map(({ title }) => title);

test('a service that gives no map for a minute is told of, whether a map of before is held or not', () => {
  const usual = noticesOf(SEEN, NOW).map(({ title }) => title);
  const failing = [...usual, 'No map comes from its service'];
  expect(titlesWith({ failingSince: NOW - 59_000 })).toEqual(usual);
  expect(titlesWith({ failingSince: NOW - 60_000 })).toEqual(failing);
  expect(titlesWith({ held })).toEqual(usual);
  expect(titlesWith({ held, failingSince: NOW - 60_000 })).toEqual(failing);
});
