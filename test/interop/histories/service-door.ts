import type { MapService } from '../../../sidecar/mapservice/map-service';
import { Refusal } from '../../../sidecar/mapservice/refusal';
import type { Answer, Question } from '../../../sidecar/sources/http/exchange';

const JSON_TYPE: Record<string, string> = { 'content-type': 'application/json' };
const BLOB_TYPE: Record<string, string> = { 'content-type': 'application/octet-stream' };

/** What the service's HTTP server answers to nodes of Corda's form, without a socket in between. */
export async function askDoor(service: MapService, pollSeconds: number, question: Question): Promise<Answer> {
  try {
    return await route(service, pollSeconds, question);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { code, message, status } = error;
    return answer(status, Buffer.from(JSON.stringify({ code, message })), {
      ...JSON_TYPE,
      'cache-control': 'no-store',
    });
  }
}

async function route(service: MapService, pollSeconds: number, question: Question): Promise<Answer> {
  const [, resource = '', hash = ''] = question.url.pathname.slice(1).split('/');
  const { network } = service;
  switch (resource) {
    case '':
      return unlessKnown(servedMap(service, pollSeconds), question);
    case 'node-infos':
      return answer(200, network.bulk('corda'), BLOB_TYPE);
    case 'node-info':
      return blob(service.nodeInfo(hash)?.bytes);
    case 'network-parameters':
      return blob(network.parameters(hash)?.bytes);
    case 'publish': {
      const outcome = await service.publish(question.body ?? Buffer.alloc(0), '192.0.2.1');
      return answer(200, Buffer.from(JSON.stringify({ outcome })), JSON_TYPE);
    }
    default:
      throw new Refusal('NOT_FOUND', 'there is nothing here');
  }
}

/** The map as it is served just now. */
export function servedMap({ network }: MapService, pollSeconds: number): Answer {
  const { hash, bytes } = network.map('corda');
  return answer(200, bytes, {
    ...BLOB_TYPE,
    etag: `W/"${hash}"`,
    'cache-control': `public, max-age=${pollSeconds}`,
    'last-modified': new Date(network.signedAt).toUTCString(),
  });
}

/** The answer, or "unchanged" to who has it by its tag. */
export function unlessKnown(whole: Answer, { headers }: Question): Answer {
  const isKnown = headers['If-None-Match'] === whole.headers.get('etag');
  return isKnown ? { ...whole, status: 304, body: Buffer.alloc(0) } : whole;
}

function blob(bytes: Buffer | undefined): Answer {
  if (bytes === undefined) throw new Refusal('NOT_FOUND', 'there is no such document');
  return answer(200, bytes, BLOB_TYPE);
}

export function answer(status: number, body: Buffer, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, body, headers: new Map(Object.entries({ 'x-corda-server-version': '2', ...headers })) };
}
