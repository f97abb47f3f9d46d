import type { Delivery } from 'rhea-promise';

/** What becomes of a delivery: done with, failed and to come again, or never looked at. */
export type Settlement = 'accepted' | 'failed' | 'released';

/**
 * Gives a delivery its outcome. rhea sends what is settled in one turn as ranges of deliveries, and the second of a range
 * gets the outcome of the first whatever its own is: what was given back would be lost, what is done with would come again.
 */
export function settle(delivery: Delivery, how: Settlement): void {
  if (how === 'accepted') {
    delivery.accept();
    return;
  }
  if (how === 'released') delivery.release();
  else delivery.modified({ delivery_failed: true, undeliverable_here: false });
  apart(delivery);
}

/** As `settle`: the broker moves it to the dead letters. It does not keep the words. */
export function reject(delivery: Delivery, condition: string, description: string): void {
  delivery.reject({ condition, description });
  apart(delivery);
}

/** Ranges are of equal `settled` alone, and on the wire every number but 0 is a yes: no neighbour has this one. */
function apart(delivery: Delivery): void {
  (delivery as { settled: unknown }).settled = delivery.id + 1;
}
