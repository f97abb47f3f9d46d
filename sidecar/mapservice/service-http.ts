import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from '../lib/log';
import type { Clock } from '../lib/clock';
import { NetmapError } from '../lib/errors';
import { isCordaBlob } from '../network-map/corda-blob/sections';
import type { SignedFile } from '../network-map/sign-document';
import type { DocumentForm } from '../network-map/signed-document';
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

/** Bulk answers to all and private maps to those who know their names are not for caches on the way. */
const FOREVER = 'public, max-age=31536000, immutable';
const SILENCE_MS = 30_000;
const MEDIA_TYPES: Record<DocumentForm, string> = { corda: 'application/octet-stream', json: 'application/json' };
const hashParams = {
  params: { type: 'object', properties: { hash: { type: 'string', pattern: '^[0-9A-Fa-f]{64}$' } } },
};
const mapParams = { params: { type: 'object', properties: { id: { type: 'string', maxLength: 64 } } } };

/** The service's doors for nodes: Corda's paths, in Corda's serialization or, where JSON is asked for, in JSON. */
export function createMapServer(service: MapService, settings: HttpSettings): FastifyInstance {
  const server = emptyServer(settings, {
    trustProxy: [...settings.trustedProxies],
    ...(settings.tls && httpsOf(settings.tls)),
  });
  const requests = new RateLimit(settings.clock, { perMinute: settings.requestsPerMinute });
  const publishes = new RateLimit(settings.clock, { perMinute: settings.publishesPerMinute });
  server.addHook('onRequest', async (request, reply) => {
    // Corda's client looks for exactly this spelling, which fastify's own headers would lose.
    reply.raw.setHeader('X-Corda-Server-Version', '2');
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
  const maxAge = `public, max-age=${settings.pollSeconds}`;

  // By this date a node knows a map from before the one that it has.
  const dated = (reply: FastifyReply): FastifyReply =>
    reply.header('last-modified', new Date(service.network.signedAt).toUTCString());

  server.get('/network-map', async (request, reply) => {
    const form = formOf(request);
    return sendTagged(request, dated(reply).header('cache-control', maxAge), service.network.map(form), form);
  });
  server.get<{ Params: { id: string } }>('/network-map/:id', { schema: mapParams }, async (request, reply) => {
    const form = formOf(request);
    const map = service.network.privateMap(form, request.params.id.toLowerCase());
    if (map === undefined) throw new Refusal('NOT_FOUND', 'there is no such network map');
    return sendTagged(request, dated(reply).header('cache-control', maxAge.replace('public', 'private')), map, form);
  });
  server.get('/network-map/node-infos', async (request, reply) => {
    const form = formOf(request);
    return send(reply.header('cache-control', 'no-store'), service.network.bulk(form), form);
  });
  server.get<{ Params: { hash: string } }>(
    '/network-map/node-info/:hash',
    { schema: hashParams },
    async ({ params }, reply) => {
      const entry = service.nodeInfo(params.hash.toUpperCase());
      if (entry === undefined) throw new Refusal('NOT_FOUND', 'there is no NodeInfo with this hash');
      return send(reply.header('cache-control', FOREVER), entry.bytes, entry.form);
    },
  );
  server.get<{ Params: { hash: string } }>(
    '/network-map/network-parameters/:hash',
    { schema: hashParams },
    async ({ params }, reply) => {
      const file = service.network.parameters(params.hash.toUpperCase());
      if (file === undefined) throw new Refusal('NOT_FOUND', 'there are no network parameters with this hash');
      return send(reply.header('cache-control', FOREVER), file.bytes, isCordaBlob(file.bytes) ? 'corda' : 'json');
    },
  );
  server.post('/network-map/publish', async (request) => {
    return { outcome: await service.publish(bodyOf(request), request.ip) };
  });
  server.post('/network-map/ack-parameters', async (request) => {
    await service.acknowledge(bodyOf(request), request.ip);
    return { outcome: 'acknowledged' };
  });
  server.get('/network-map/my-hostname', async (request, reply) => {
    return reply
      .type('text/plain')
      .header('cache-control', 'no-store')
      .send(request.ip.replace(/^::ffff:/, ''));
  });
  server.get('/health', async (_request, reply) => {
    const { network, size } = service;
    const signedAt = new Date(network.signedAt).toISOString();
    const maps = { corda: network.map('corda').hash, json: network.map('json').hash };
    return reply.header('cache-control', 'no-store').send({ status: 'ok', nodes: size, maps, signedAt });
  });
  return server;
}

type ServerSettings = Pick<HttpSettings, 'log' | 'bodyBytes' | 'observer'>;

/** A server that takes any body as bytes, and tells what it refuses as `{ code, message }`. */
export function emptyServer({ log, bodyBytes, observer }: ServerSettings, options: object = {}): FastifyInstance {
  const server = fastify({
    bodyLimit: bodyBytes,
    requestTimeout: SILENCE_MS,
    connectionTimeout: 2 * SILENCE_MS,
    keepAliveTimeout: SILENCE_MS,
    forceCloseConnections: true,
    ...options,
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  const refuse = (reply: FastifyReply, refusal: Refusal): FastifyReply => {
    observer?.refused(refusal.code);
    return sendRefusal(reply, refusal);
  };
  server.setNotFoundHandler((_request, reply) => refuse(reply, new Refusal('NOT_FOUND', 'there is nothing here')));
  server.setErrorHandler((error, _request, reply) => {
    const refusal = refusalOf(error);
    if (refusal === undefined) log.error('a request failed', { error });
    return refuse(reply, refusal ?? new Refusal('SERVICE_FAILED', 'the service failed'));
  });
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

/** Corda's client asks for anything. */
function formOf(request: FastifyRequest): DocumentForm {
  return /\bapplication\/(?:jose\+)?json\b/i.test(request.headers.accept ?? '') ? 'json' : 'corda';
}

function bodyOf(request: FastifyRequest): Buffer {
  if (Buffer.isBuffer(request.body) && request.body.length > 0) return request.body;
  throw new Refusal('SUBMISSION_REFUSED', 'the request has no body');
}

function send(reply: FastifyReply, bytes: Buffer, form: DocumentForm): FastifyReply {
  return reply.type(MEDIA_TYPES[form]).header('vary', 'accept').send(bytes);
}

/** Signed anew, the same map has other bytes: its tag is weak. */
function sendTagged(
  request: FastifyRequest,
  reply: FastifyReply,
  { hash, bytes }: SignedFile,
  form: DocumentForm,
): FastifyReply {
  const tag = `"${hash}"`;
  reply.header('etag', `W/${tag}`);
  const known = request.headers['if-none-match'] ?? '';
  const isKnown = known.split(',').some((each) => ['*', tag].includes(each.trim().replace(/^W\//, '')));
  return isKnown ? reply.code(304).header('vary', 'accept').send() : send(reply, bytes, form);
}
