import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { X500Name } from '../certificates/x500-name';
import type { Secret } from '../config/secret';
import type { Logger } from '../lib/log';
import { messageOf } from '../lib/errors';
import type { MapService } from './map-service';
import { Refusal } from './refusal';
import { emptyServer } from './service-http';

/** What an operator can have done to a name. */
export const operatorActions = ['remove', 'ban', 'unban'] as const;
export type OperatorAction = (typeof operatorActions)[number];

const BODY_BYTES = 16_384;

/** The operator's entrance, for the loopback interface: every request bears the token. */
export function createOperatorServer(service: MapService, token: Secret, log: Logger): FastifyInstance {
  const server = emptyServer({ log, bodyBytes: BODY_BYTES });
  const wanted = digestOf(`Bearer ${token.reveal()}`);
  server.addHook('onRequest', async (request) => {
    if (timingSafeEqual(digestOf(request.headers.authorization ?? ''), wanted)) return;
    throw new Refusal('UNAUTHORIZED', "the operator's token is missing or wrong");
  });
  server.get('/operator/nodes', async () => ({ nodes: service.nodes(), banned: service.banned() }));
  for (const action of operatorActions) {
    server.post(`/operator/${action}`, async (request) => {
      const name = nameIn(request.body);
      await service[action](name);
      return { outcome: action, name: name.toCorda() };
    });
  }
  return server;
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
