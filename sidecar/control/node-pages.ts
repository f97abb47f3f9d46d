import type { Page } from '../http/serve-pages';
import type { Clock } from '../lib/clock';
import { NodeMetrics } from './node-metrics';
import type { NodeObservation } from './observe/observer';
import type { NodeStatus } from './status';

const json = (status: number, content: unknown): Page => ({
  status,
  contentType: 'application/json; charset=utf-8',
  body: `${JSON.stringify(content)}\n`,
});

/** What a node shows over HTTP: whether it lives, whether it serves, and its metrics. */
export function nodePages(
  observe: () => NodeObservation,
  clock: Pick<Clock, 'now'>,
): Record<string, () => Promise<Page>> {
  const metrics = new NodeMetrics(observe, clock);
  return {
    '/health/live': async () => json(200, { live: true }),
    '/health/ready': async () => {
      const now = observe().status;
      const notes = mapNotes(now, clock.now());
      if (isStandby(now)) return json(200, { ready: true, standby: true, notes });
      const reasons = whyNotReady(now);
      return reasons.length === 0 ? json(200, { ready: true, notes }) : json(503, { ready: false, reasons, notes });
    },
    '/metrics': async () => ({ status: 200, contentType: metrics.contentType, body: await metrics.text() }),
  };
}

/** Of two brokers with one store one waits; from here it looks as one that has yet to start. */
function isStandby({ broker }: NodeStatus): boolean {
  return broker.sharedStore === true && (broker.state === 'starting' || broker.state === 'lost');
}

/** What keeps the newest map from going live, and no node from serving. */
function mapNotes({ held, networkMap, map }: NodeStatus, now: number): string[] {
  const since = networkMap?.failingSince;
  return [
    ...(since === undefined ? [] : [`no map could be taken of its service for ${Math.round((now - since) / 1000)} s`]),
    ...(networkMap?.held === undefined ? [] : ['a map that loses many peers waits for an operator']),
    ...(held === undefined ? [] : [`the newest map is not live: ${held.message}`]),
    ...(map.parked.length === 0 ? [] : [`entries of the map that are not taken: ${map.parked.length}`]),
  ];
}

/** A map that cannot be fetched or is held keeps no node from serving: the last good one stays. */
function whyNotReady({ broker, live }: NodeStatus): string[] {
  return [
    ...(broker.state === 'ready' ? [] : [`the broker is ${broker.state}`]),
    ...(live === undefined ? ['no map has gone live yet'] : []),
  ];
}
