import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { Clock } from '../lib/clock';
import { packageVersion } from '../lib/package-version';
import { NODE_METRICS, type MetricDefinition, type Scrape } from './node-metric-list';
import type { NodeObservation } from './observe/observer';
import { shownPeers } from './shown-peers';

const PREFIX = 'netmap_';

/** What Prometheus is told of a node, made of what is known of it at each scrape, and of its process. */
export class NodeMetrics {
  private readonly registry = new Registry();
  private readonly own = new Registry();
  private readonly version = packageVersion();
  private readonly metrics: readonly (readonly [MetricDefinition, Gauge | Counter])[];

  constructor(
    private readonly observe: () => NodeObservation,
    private readonly clock: Pick<Clock, 'now'>,
  ) {
    collectDefaultMetrics({ register: this.registry });
    this.metrics = NODE_METRICS.map((definition) => {
      const { name, help, labels, type } = definition;
      const settings = { name: `${PREFIX}${name}`, help, labelNames: [...labels], registers: [this.own] };
      return [definition, type === 'counter' ? new Counter(settings) : new Gauge(settings)] as const;
    });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** In Prometheus' text format. */
  async text(): Promise<string> {
    this.take();
    return `${await this.own.metrics()}\n${await this.registry.metrics()}`;
  }

  /** All of one moment, so that what is summed up and what is not agree. */
  private take(): void {
    const [seen, now] = [this.observe(), this.clock.now()];
    const scrape: Scrape = { seen, now, version: this.version, ...shownPeers(seen, now) };
    for (const [definition, metric] of this.metrics) {
      // What is over is not told any more. A metric without labels would be told as 0 by itself.
      metric.reset();
      if (definition.labels.length === 0) metric.remove();
      for (const [labels, value] of definition.of(scrape)) metric.inc({ ...labels }, value);
    }
  }
}
