import type { Attributes, Tracer } from '@opentelemetry/api';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import { messageOf } from '../../lib/errors';
import type { Logger } from '../../lib/log';
import { packageVersion } from '../../lib/package-version';
import type { ChangeStep, ChangeTracer, TracedChange } from './change-way';

export interface Traces {
  readonly trace: ChangeTracer;
  /** Exports what waits, within `STOP_MS`. Never rejects. */
  stop(): Promise<void>;
}

export interface TracesInput {
  readonly environment: NodeJS.ProcessEnv;
  /** The id of this node. */
  readonly nodeId: string;
  readonly log: Logger;
}

const STOP_MS = 2_000;
const ENDPOINTS = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'];
/** What was done until a step was reached. */
const SPANS: Readonly<Record<Exclude<ChangeStep, 'seen'>, string>> = {
  planned: 'plan',
  applied: 'apply',
  proven: 'prove',
};
const LAST_SPAN = 'go live';

/**
 * Exports each change as a trace by OTLP over HTTP, as the environment variables of OpenTelemetry say; undefined, and
 * nothing loaded, where they name no endpoint or switch it off.
 */
export async function changeTraces({ environment, nodeId, log }: TracesInput): Promise<Traces | undefined> {
  if (!ENDPOINTS.some((name) => (environment[name] ?? '') !== '')) return undefined;
  if (/^true$/i.test(environment['OTEL_SDK_DISABLED'] ?? '')) return undefined;
  if (environment['OTEL_TRACES_EXPORTER'] === 'none') return undefined;
  const [sdk, { OTLPTraceExporter }, resources, api] = await Promise.all([
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/api'),
  ]);
  const own = {
    'service.name': 'artemis-netmap',
    'service.version': packageVersion(),
    'service.instance.id': nodeId,
  };
  const named = resources.detectResources({ detectors: [resources.envDetector] });
  const exporter = watched(new OTLPTraceExporter(), log);
  const provider = new sdk.TracerProvider({
    resource: resources.resourceFromAttributes(own).merge(named),
    // All changes are of one kind, and few: whoever asks for traces gets each.
    sampler: new sdk.AlwaysOnSampler(),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer('artemis-netmap', packageVersion());
  return {
    trace(traced) {
      record(tracer, api, traced);
    },
    async stop() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, STOP_MS)));
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
      clearTimeout(timer);
    },
  };
}

function record(tracer: Tracer, api: typeof import('@opentelemetry/api'), traced: TracedChange): void {
  const { change, why, steps, endedAt, outcome, error } = traced;
  const failure = error === undefined ? undefined : { code: api.SpanStatusCode.ERROR, message: messageOf(error) };
  const startTime = steps[0]?.at ?? endedAt;
  const root = tracer.startSpan('change', {
    root: true,
    startTime,
    attributes: { 'netmap.change': change, 'netmap.why': why, ...attributesOf(outcome) },
  });
  const parent = api.trace.setSpan(api.ROOT_CONTEXT, root);
  let from = startTime;
  const child = (name: string, until: number, isFailed: boolean): void => {
    const span = tracer.startSpan(name, { startTime: from, attributes: { 'netmap.change': change } }, parent);
    if (isFailed && failure !== undefined) span.setStatus(failure);
    span.end(until);
    from = until;
  };
  for (const { step, at } of steps) if (step !== 'seen') child(SPANS[step], at, false);
  child(spanAfter(steps.at(-1)?.step), endedAt, true);
  if (failure !== undefined) {
    root.setStatus(failure);
    if (error instanceof Error) root.recordException(error, endedAt);
    const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
    if (typeof code === 'string') root.setAttribute('error.type', code);
  }
  root.end(endedAt);
}

function spanAfter(step: ChangeStep | undefined): string {
  if (step === 'planned') return SPANS.applied;
  if (step === 'applied') return SPANS.proven;
  return step === 'proven' ? LAST_SPAN : SPANS.planned;
}

function attributesOf(outcome: TracedChange['outcome']): Attributes {
  if (outcome === undefined) return {};
  const { peers, added, removed, changes } = outcome;
  return {
    ...{ 'netmap.peers': peers, 'netmap.peers.added': added, 'netmap.peers.removed': removed },
    'netmap.changes': changes,
  };
}

/** Says once that traces cannot be exported, until they can be. */
function watched(exporter: SpanExporter, log: Logger): SpanExporter {
  let isFailing = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        if (result.error !== undefined && !isFailing) log.warn('traces cannot be exported', { error: result.error });
        isFailing = result.error !== undefined;
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
}
