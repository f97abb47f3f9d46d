import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { silentLogger } from '../../lib/log';
import { packageRoot } from '../../lib/package-root';
import { changeTraces } from './change-tracer';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
  readonly status: { readonly code: number; readonly message?: string };
  readonly events: readonly { readonly name: string }[];
}

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number };
}

interface Request {
  readonly path: string | undefined;
  readonly team: unknown;
  readonly resource: Readonly<Record<string, unknown>>;
  readonly spans: readonly Span[];
}

/** What OTLP calls a collector, as far as it goes for traces in JSON. */
class TraceCollector {
  readonly requests: Request[] = [];
  private readonly server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as {
        resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: Span[] }[] }[];
      };
      for (const { resource, scopeSpans } of body.resourceSpans)
        this.requests.push({
          path: request.url,
          team: request.headers['x-team'],
          resource: valuesOf(resource.attributes),
          spans: scopeSpans.flatMap(({ spans }) => spans),
        });
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function valuesOf(attributes: readonly Attribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]));
}

let collector: TraceCollector;
let endpoint: string;

beforeEach(async () => {
  collector = new TraceCollector();
  endpoint = await collector.start();
});
afterEach(() => collector.stop());

interface Said {
  readonly logged: readonly { readonly message: string; readonly change?: string }[];
  /** How many files of the exporter's packages were loaded. */
  readonly loaded: number;
}

/** One change in a process of its own with these variables. */
async function change(how: 'lives' | 'fails', variables: Record<string, string>): Promise<Said> {
  const program = ['run-typescript.mjs', 'traced-change.ts'].map((file) => join(packageRoot(), 'test/interop', file));
  const env = { PATH: process.env['PATH'], ...variables };
  const { stdout } = await promisify(execFile)(process.execPath, [...program, how], { env });
  return JSON.parse(stdout) as Said;
}

test('a change is a trace, with a span a step, its id as in the log and what it has changed', async () => {
  const { logged } = await change('lives', {
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-team=blue',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test',
  });
  const [request, ...others] = collector.requests;
  expect([request?.path, request?.team, others]).toEqual(['/v1/traces', 'blue', []]);
  expect(request?.resource).toMatchObject({
    'service.name': 'artemis-netmap',
    'service.instance.id': 'DLA',
    'deployment.environment': 'test',
  });
  const spans = request?.spans ?? [];
  const root = spans.find(({ name }) => name === 'change');
  expect(valuesOf(root?.attributes ?? [])).toEqual({
    ...{ 'netmap.change': 'ab12cd34', 'netmap.why': 'the map changed', 'netmap.changes': 1 },
    ...{ 'netmap.peers': 3, 'netmap.peers.added': 2, 'netmap.peers.removed': 1 },
  });
  expect([root?.parentSpanId ?? '', root?.status.code]).toEqual(['', 0]);
  const steps = spans.filter((span) => span !== root);
  expect(steps.map(({ name }) => name)).toEqual(['plan', 'apply', 'prove', 'go live']);
  expect(new Set(steps.map(({ parentSpanId }) => parentSpanId))).toEqual(new Set([root?.spanId]));
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  const times = (span: Span | undefined) => [span?.startTimeUnixNano, span?.endTimeUnixNano];
  expect(times(steps[1])).toEqual(['1000005000000', '1000075000000']);
  expect(times(root)).toEqual(['1000000000000', '1000075000000']);
  const ids = logged.map((line) => line.change);
  expect(ids).toHaveLength(4);
  expect(new Set([...ids, ...spans.map(({ attributes }) => valuesOf(attributes)['netmap.change'])])).toEqual(
    new Set(['ab12cd34']),
  );
});

test('one that failed says at which step and why; its next attempt is another trace', async () => {
  await change('fails', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${endpoint}/here`, OTEL_SERVICE_NAME: 'node-a' });
  const [request] = collector.requests;
  expect([request?.path, request?.resource['service.name']]).toEqual(['/here', 'node-a']);
  const [first, second] = (request?.spans ?? []).filter(({ name }) => name === 'change');
  expect(first).toMatchObject({ status: { code: 2, message: 'the broker lets in whom it must not' } });
  expect(first?.events).toMatchObject([{ name: 'exception' }]);
  expect(valuesOf(first?.attributes ?? [])['error.type']).toBe('PROOF_FAILED');
  const failed = (request?.spans ?? []).filter(({ status, parentSpanId }) => status.code === 2 && parentSpanId);
  expect(failed.map(({ name }) => name)).toEqual(['prove', 'plan']);
  expect(second?.traceId).not.toBe(first?.traceId);
});

test('a collector that is not there disturbs nothing, and is told of once', async () => {
  await collector.stop();
  const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_TIMEOUT: '300' };
  const { logged } = await change('lives', variables);
  const warnings = logged.filter(({ message }) => message === 'traces cannot be exported');
  expect(warnings).toMatchObject([{ error: expect.anything() as unknown }]);
});

test('without an endpoint nothing is loaded', async () => {
  const [without, withOne] = [
    await change('lives', {}),
    await change('lives', { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }),
  ];
  expect([without.loaded, withOne.loaded > 0, without.logged.length]).toEqual([0, true, 4]);
});

test.each<Record<string, string>>([
  {},
  { OTEL_EXPORTER_OTLP_ENDPOINT: '' },
  { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318', OTEL_SDK_DISABLED: 'true' },
  { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318', OTEL_TRACES_EXPORTER: 'none' },
])('nobody asks for traces: %j', async (environment) => {
  expect(await changeTraces({ environment, nodeId: 'DLA', log: silentLogger })).toBeUndefined();
});
