import { sha256Hex } from '../../lib/digest';

/**
 * The place, from 0, of a key among `count` places: that number `n` for which the SHA-256 of `KEY n` is the largest. Where
 * places are added, those keys alone change theirs that go to a new one.
 */
export function placeOf(key: string, count: number): number {
  let place = 0;
  let best = '';
  for (let number = 0; number < count; number += 1) {
    const rank = sha256Hex(`${key} ${number + 1}`);
    if (rank <= best) continue;
    best = rank;
    place = number;
  }
  return place;
}
