import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from '../lib/log';
import type { Clock } from '../lib/clock';
import { NetmapError } from '../lib/errors';
import { addMapRoutes } from './map-routes';
import type { MapService } from './map-service';
import { RateLimit } from './rate-limit';
import { Refusal, type RefusalCode } from './refusal';

export interface HttpSettings {
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Logger;
  readonly pollSeconds: number;
  /** Of a request. */
  readonly bodyBytes: number;
  readonly requestsPerMinute: number;
  readonly publishesPerMinute: number;
  readonly trustedProxies: readonly string[];
  /** Told of every answer. */
  readonly observer?: HttpObserver;
  /** PEM, for HTTPS. */
  readonly tls?: { readonly key: string; readonly chain: string };
}

export interface HttpObserver {
  /** `resource` is the route's path, such as /network-map/node-info/:hash; undefined where there is none. */
  answered(resource: string | undefined, status: number): void;
  refused(code: RefusalCode): void;
}

const SILENCE_MS = 30_000;

/** The service's doors for nodes: Corda's paths, in Corda's serialization or, where JSON is asked for, in JSON. */
export function createMapServer(service: MapService, settings: HttpSettings): FastifyInstance {
  // Corda's client looks for exactly this spelling, which fastify's own headers would lose.
  const headers = { 'X-Corda-Server-Version': '2' };
  const server = emptyServer(
    { ...settings, headers },
    {
      trustProxy: [...settings.trustedProxies],
      ...(settings.tls && httpsOf(settings.tls)),
    },
  );
  const requests = new RateLimit(settings.clock, { perMinute: settings.requestsPerMinute });
  const publishes = new RateLimit(settings.clock, { perMinute: settings.publishesPerMinute });
  server.addHook('onRequest', async (request, reply) => {
    limit(requests, request, reply);
    if (request.method === 'POST') limit(publishes, request, reply);
  });
  const { observer } = settings;
  if (observer !== undefined) {
    server.addHook('onResponse', (request, reply, done) => {
      observer.answered(request.is404 ? undefined : request.routeOptions.url, reply.statusCode);
      done();
    });
  }
  addMapRoutes(server, service, settings.pollSeconds);
  return server;
}

interface ServerSettings extends Pick<HttpSettings, 'log' | 'bodyBytes' | 'observer'> {
  /** Of every answer, spelled as they are here. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A server that takes any body as bytes, and tells what it refuses as `{ code, message }`. */
export function emptyServer(
  { log, bodyBytes, observer, headers = {} }: ServerSettings,
  options: object = {},
): FastifyInstance {
  const begin = (reply: FastifyReply): void => {
    for (const [name, value] of Object.entries(headers)) reply.raw.setHeader(name, value);
  };
  const refuse = (reply: FastifyReply, refusal: Refusal): FastifyReply => {
    observer?.refused(refusal.code);
    return sendRefusal(reply, refusal);
  };
  const fail = (reply: FastifyReply, error: unknown): FastifyReply => {
    const refusal = refusalOf(error);
    if (refusal === undefined) log.error('a request failed', { error });
    return refuse(reply, refusal ?? new Refusal('SERVICE_FAILED', 'the service failed'));
  };
  const server = fastify({
    bodyLimit: bodyBytes,
    requestTimeout: SILENCE_MS,
    connectionTimeout: 2 * SILENCE_MS,
    keepAliveTimeout: SILENCE_MS,
    forceCloseConnections: true,
    // Of a URL that is none: no route is looked for, and no hook is called.
    frameworkErrors(error, _request, reply) {
      begin(reply);
      fail(reply, error);
    },
    ...options,
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  server.addHook('onRequest', async (_request, reply) => begin(reply));
  server.setNotFoundHandler((_request, reply) => refuse(reply, new Refusal('NOT_FOUND', 'there is nothing here')));
  server.setErrorHandler((error, _request, reply) => fail(reply, error));
  return server;
}

function httpsOf({ key, chain }: { readonly key: string; readonly chain: string }): object {
  return { https: { key, cert: chain } };
}

function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  if (error instanceof NetmapError || !(error instanceof Error) || !('statusCode' in error)) return undefined;
  if (error.statusCode === 413) return new Refusal('SUBMISSION_TOO_LARGE', 'the body is larger than any that is taken');
  const isTheirs = typeof error.statusCode === 'number' && error.statusCode >= 400 && error.statusCode < 500;
  return isTheirs ? new Refusal('SUBMISSION_REFUSED', error.message) : undefined;
}

function sendRefusal(reply: FastifyReply, { status, code, message }: Refusal): FastifyReply {
  return reply.code(status).header('cache-control', 'no-store').type('application/json').send({ code, message });
}

function limit(rate: RateLimit, request: FastifyRequest, reply: FastifyReply): void {
  const wait = rate.take(request.ip);
  if (wait === undefined) return;
  reply.header('retry-after', String(Math.ceil(wait / 1000)));
  throw new Refusal('RATE_EXCEEDED', `${request.ip} asks too often`);
}
