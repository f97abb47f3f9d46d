import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isCordaBlob } from '../network-map/corda-blob/sections';
import type { SignedFile } from '../network-map/sign-document';
import type { DocumentForm } from '../network-map/signed-document';
import type { MapService } from './map-service';
import { Refusal } from './refusal';

/** Bulk answers to all and private maps to those who know their names are not for caches on the way. */
const FOREVER = 'public, max-age=31536000, immutable';
const MEDIA_TYPES: Record<DocumentForm, string> = { corda: 'application/octet-stream', json: 'application/json' };
const hashParams = {
  params: { type: 'object', properties: { hash: { type: 'string', pattern: '^[0-9A-Fa-f]{64}$' } } },
};
const mapParams = { params: { type: 'object', properties: { id: { type: 'string', maxLength: 64 } } } };

/** What nodes are served from. */
export type ServedMapService = Pick<MapService, 'network' | 'size' | 'nodeInfo' | 'publish' | 'acknowledge'>;

/** Corda's paths, and what broker-config/schemas/network-map.openapi.yaml describes besides; `pollSeconds` is for maps. */
export function addMapRoutes(server: FastifyInstance, service: ServedMapService, pollSeconds: number): void {
  const maxAge = `public, max-age=${pollSeconds}`;

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
