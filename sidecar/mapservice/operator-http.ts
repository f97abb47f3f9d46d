import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { X500Name } from '../certificates/x500-name';
import type { Secret } from '../config/secret';
import type { Logger } from '../lib/log';
import { messageOf } from '../lib/errors';
import type { MapService } from './map-service';
import { Refusal } from './refusal';
import { emptyServer } from './service-http';
import { signedOf } from './signed-map';
import type { ServiceMetrics } from './service-metrics';
import type { SignedNetwork } from './signed-network';

/** What an operator can have done to a name. */
export const operatorActions = ['remove', 'ban', 'unban'] as const;
export type OperatorAction = (typeof operatorActions)[number];

const BODY_BYTES = 16_384;

export interface OperatorSettings {
  readonly service: MapService;
  readonly token: Secret;
  readonly log: Logger;
  readonly metrics: Pick<ServiceMetrics, 'contentType' | 'text'>;
}

/** The operator's entrance, for the loopback interface: every request bears the token. */
export function createOperatorServer({ service, token, log, metrics }: OperatorSettings): FastifyInstance {
  const server = emptyServer({ log, bodyBytes: BODY_BYTES });
  const wanted = digestOf(`Bearer ${token.reveal()}`);
  server.addHook('onRequest', async (request) => {
    if (timingSafeEqual(digestOf(request.headers.authorization ?? ''), wanted)) return;
    throw new Refusal('UNAUTHORIZED', "the operator's token is missing or wrong");
  });
  server.get('/operator/nodes', async () => ({ nodes: service.nodes(), banned: service.banned() }));
  server.get('/operator/backup', async (_request, reply) => {
    return reply.type('application/octet-stream').send(await service.backUp());
  });
  server.post('/operator/sign', async () => signedOf(await signNow(service), service.size));
  server.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
  for (const action of operatorActions) {
    server.post(`/operator/${action}`, async (request) => {
      const name = nameIn(request.body);
      await service[action](name);
      return { outcome: action, name: name.toCorda() };
    });
  }
  return server;
}

async function signNow(service: MapService): Promise<SignedNetwork> {
  try {
    return await service.sign();
  } catch (cause) {
    throw new Refusal('SERVICE_FAILED', `the map cannot be signed: ${messageOf(cause)}`, cause);
  }
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** The body is the name itself, in UTF-8. */
function nameIn(body: unknown): X500Name {
  try {
    return X500Name.parse(Buffer.isBuffer(body) ? body.toString('utf8').trim() : '');
  } catch (cause) {
    throw new Refusal('SUBMISSION_REFUSED', `the body is not a name: ${messageOf(cause)}`, cause);
  }
}
