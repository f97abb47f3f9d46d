import type { Page } from '../http/serve-pages';
import type { Clock } from '../lib/clock';
import { NodeMetrics } from './node-metrics';
import type { NodeObservation } from './observe/observer';
import { faultyInputs, isOutsideWindow, isPaused } from './parked-inputs';
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
      const { status } = observe();
      const told = { map: mapState(status), notes: mapNotes(status, clock.now()) };
      if (isStandby(status)) return json(200, { ready: true, standby: true, ...told });
      const reasons = whyNotReady(status);
      return reasons.length === 0 ? json(200, { ready: true, ...told }) : json(503, { ready: false, reasons, ...told });
    },
    '/metrics': async () => ({ status: 200, contentType: metrics.contentType, body: await metrics.text() }),
  };
}

/** Of two brokers with one store one waits; from here it looks as one that has yet to start. */
function isStandby({ broker }: NodeStatus): boolean {
  return broker.sharedStore === true && (broker.state === 'starting' || broker.state === 'lost');
}

/**
 * - current: the newest map is live, or about to be
 * - waiting: it has come, and waits for the operator, the end of a pause or a maintenance window
 * - refused: it has come, and the broker has not become what it asks for
 * - unavailable: the service gives none that is in order
 */
type MapState = 'current' | 'waiting' | 'refused' | 'unavailable';

function mapState(status: NodeStatus): MapState {
  const { held, networkMap } = status;
  if (networkMap?.failingSince !== undefined) return 'unavailable';
  if (held !== undefined) return 'refused';
  const isForOperator = networkMap?.held !== undefined || networkMap?.unaccepted !== undefined;
  return isForOperator || isPaused(status) || isOutsideWindow(status) ? 'waiting' : 'current';
}

/** What keeps the newest map from going live, and no node from serving. */
function mapNotes(status: NodeStatus, now: number): string[] {
  const { held, networkMap } = status;
  const entries = faultyInputs(status).filter(({ origin }) => origin !== networkMap?.url).length;
  return [
    ...failureNotes(networkMap, now),
    ...(networkMap?.held === undefined ? [] : [`a map waits for the operator: ${networkMap.held.reason}`]),
    ...(networkMap?.unaccepted === undefined ? [] : ['a map waits for the operator to accept its parameters']),
    ...(isPaused(status) ? ['changes of the map are paused by the operator'] : []),
    ...(isOutsideWindow(status) ? ['changes of the map wait for a maintenance window'] : []),
    ...(held === undefined ? [] : [`the newest map is not live: ${held.message}`]),
    ...(entries === 0 ? [] : [`entries of the map that are not taken: ${entries}`]),
  ];
}

function failureNotes(networkMap: NodeStatus['networkMap'], now: number): string[] {
  if (networkMap?.failingSince === undefined) return [];
  const { failingSince: since, failure } = networkMap;
  const why = failure === undefined ? '' : `: ${failure.message}`;
  return [`its service has given no map for ${Math.round((now - since) / 1000)} s${why}`];
}

/** A map that cannot be fetched or is held keeps no node from serving: the last good one stays. */
function whyNotReady({ broker, live }: NodeStatus): string[] {
  return [
    ...(broker.state === 'ready' ? [] : [`the broker is ${broker.state}`]),
    ...(live === undefined ? ['no map has gone live yet'] : []),
  ];
}
