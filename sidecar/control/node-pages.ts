import type { Page } from '../http/serve-pages';
import type { Clock } from '../lib/clock';
import { NodeMetrics } from './node-metrics';
import type { NodeStatus } from './status';

const json = (status: number, content: unknown): Page => ({
  status,
  contentType: 'application/json; charset=utf-8',
  body: `${JSON.stringify(content)}\n`,
});

/** What a node shows over HTTP: whether it lives, whether it serves, and its metrics. */
export function nodePages(status: () => NodeStatus, clock: Pick<Clock, 'now'>): Record<string, () => Promise<Page>> {
  const metrics = new NodeMetrics(status, clock);
  return {
    '/health/live': async () => json(200, { live: true }),
    '/health/ready': async () => {
      const reasons = whyNotReady(status());
      return reasons.length === 0 ? json(200, { ready: true }) : json(503, { ready: false, reasons });
    },
    '/metrics': async () => ({ status: 200, contentType: metrics.contentType, body: await metrics.text() }),
  };
}

/** A map that cannot be fetched or is held keeps no node from serving: the last good one stays. */
function whyNotReady({ broker, live }: NodeStatus): string[] {
  return [
    ...(broker.state === 'ready' ? [] : [`the broker is ${broker.state}`]),
    ...(live === undefined ? ['no map has gone live yet'] : []),
  ];
}
