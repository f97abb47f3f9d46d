import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry as MetricRegistry } from 'prom-client';
import type { Clock } from '../lib/clock';
import type { Admission } from './admission';
import type { MapService } from './map-service';
import type { RefusalCode } from './refusal';
import type { HttpObserver } from './service-http';
import type { ServiceObserver } from './service-observer';
import { forms } from './signed-network';

const SIGN_SECONDS = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What Prometheus is told of a service, and of its process. */
export class ServiceMetrics implements ServiceObserver, HttpObserver {
  private readonly registry = new MetricRegistry();
  private readonly requests = this.counter('requests_total', 'Requests answered, by resource and status.', [
    'resource',
    'status',
  ]);
  private readonly refusals = this.counter('refusals_total', 'Requests refused, by code.', ['code']);
  private readonly rateLimited = this.counter('rate_limited_requests_total', 'Requests of who asks too often.');
  private readonly publishes = this.counter('publishes_total', 'NodeInfos that nodes gave, by outcome.', ['outcome']);
  private readonly evictions = this.counter('evictions_total', 'Entries that left as their nodes were silent.');
  private readonly signing = new Histogram({
    name: 'netmap_map_sign_duration_seconds',
    help: 'Time that signing all maps took.',
    buckets: SIGN_SECONDS,
    registers: [this.registry],
  });

  constructor(private readonly clock: Pick<Clock, 'now'>) {
    collectDefaultMetrics({ register: this.registry });
  }

  /** Has what a service is like at a moment in the metrics, too. */
  watch(service: MapService): void {
    const nodes = this.gauge('nodes', 'Entries in the map, by form.', ['form'], () => {
      for (const form of forms) nodes.set({ form }, service.count(form));
    });
    const age = this.gauge('age_seconds', 'Time since the map was signed.', [], () => {
      age.set((this.clock.now() - service.network.signedAt) / 1000);
    });
    const journal = this.gauge('journal_bytes', 'Size of the journal.', [], () => journal.set(service.journalBytes));
    const acknowledged = this.gauge(
      'update_acknowledged_nodes',
      'Nodes that have accepted the update of parameters that is announced.',
      [],
      () => acknowledged.set(service.acknowledged),
    );
  }

  published(outcome: Admission['outcome'] | 'refused'): void {
    this.publishes.inc({ outcome });
  }

  evicted(nodes: number): void {
    this.evictions.inc(nodes);
  }

  signed(durationMs: number): void {
    this.signing.observe(durationMs / 1000);
  }

  answered(resource: string | undefined, status: number): void {
    this.requests.inc({ resource: resource ?? 'none', status });
  }

  refused(code: RefusalCode): void {
    this.refusals.inc({ code });
    if (code === 'RATE_EXCEEDED') this.rateLimited.inc();
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** In Prometheus' text format. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  private counter(name: string, help: string, labelNames: string[] = []): Counter {
    return new Counter({ name: `netmap_map_${name}`, help, labelNames, registers: [this.registry] });
  }

  private gauge(name: string, help: string, labelNames: string[], collect: () => void): Gauge {
    return new Gauge({ name: `netmap_map_${name}`, help, labelNames, registers: [this.registry], collect });
  }
}
