import { signNodeInfo } from '../network-map/node-info-writer';
import { signParametersAck } from '../network-map/parameters-ack';
import { readSignedMap } from '../network-map/signed-document';
import { readMap } from '../network-map/verify-document';
import type { Credential } from '../dev-network/credential';
import { identityOf, nameOf, START } from '../../test/interop/served-map';
import { ServiceFolder } from '../../test/interop/service-folder';
import { OpenApiDocument } from '../../test/interop/openapi-document';
import { REFUSAL_STATUS } from './refusal';

const PRIVATE = '0f9ab4f5-3a9e-4c7e-9c5a-2a6d3c1b7e55';
const openApi = new OpenApiDocument();
const services: ServiceFolder[] = [];
/** What was answered: by method, path and status, and every code. */
const seen = new Set<string>();
const codes = new Set<string>();

afterAll(() => Promise.all(services.map((service) => service.remove())));

async function begin(extra: string): Promise<ServiceFolder> {
  const service = await ServiceFolder.create(extra);
  services.push(service);
  await service.serve();
  return service;
}

/** Asks, and compares the answer with what is described for the path; `url` is the path with its values. */
async function compare(service: ServiceFolder, method: string, path: string, url = path, init: RequestInit = {}) {
  const answer = await service.ask(url, { method, headers: { accept: 'application/json' }, ...init });
  expect({ url, doubts: openApi.doubtsOf(method, path, answer) }).toEqual({ url, doubts: [] });
  seen.add(`${method} ${path} ${answer.status}`);
  if (answer.status >= 400) codes.add((JSON.parse(answer.body.toString('utf8')) as { code: string }).code);
  return answer;
}

async function nodeInfo(identity: Credential, serial = 1n, platformVersion = 12): Promise<string> {
  const { text } = await signNodeInfo({
    ...{ addresses: [{ host: 'party.example', port: 10_002 }], platformVersion, serial },
    identities: [{ role: 'legal', certificates: identity.chain, privateKey: identity.privateKey }],
  });
  return text;
}

test('what is asked for, in both forms', async () => {
  const service = await begin(`update:
  description: larger
  deadline: "${new Date(START + 86_400_000).toISOString()}"
  parameters: { maxMessageSize: 20000000 }
privateMaps: [{ id: ${PRIVATE}, members: ["${nameOf('P').toCorda()}"] }]
`);
  const a = identityOf('A');
  for (const body of [await nodeInfo(a), await nodeInfo(a), await nodeInfo(identityOf('P'))]) {
    await compare(service, 'POST', '/network-map/publish', undefined, { body });
  }
  await service.cli('map', 'sign');
  for (const accept of ['application/json', '*/*']) {
    const headers = { accept };
    const map = await compare(service, 'GET', '/network-map', undefined, { headers });
    const tagged = { headers: { accept, 'if-none-match': map.headers.get('etag') ?? '' } };
    await compare(service, 'GET', '/network-map', undefined, tagged);
    const url = `/network-map/${PRIVATE}`;
    const hidden = await compare(service, 'GET', '/network-map/{id}', url, { headers });
    const known = { headers: { accept, 'if-none-match': hidden.headers.get('etag') ?? '' } };
    await compare(service, 'GET', '/network-map/{id}', url, known);
    await compare(service, 'GET', '/network-map/node-infos', undefined, { headers });
    const { nodeInfoHashes, networkParameterHash, parametersUpdate } = readMap(readSignedMap(map.body));
    for (const hash of nodeInfoHashes) {
      await compare(service, 'GET', '/network-map/node-info/{hash}', `/network-map/node-info/${hash}`);
    }
    for (const hash of [networkParameterHash, parametersUpdate?.hash ?? '']) {
      const path = '/network-map/network-parameters/{hash}';
      await compare(service, 'GET', path, `/network-map/network-parameters/${hash}`);
    }
    const form = accept === '*/*' ? 'corda' : 'json';
    const body = new Uint8Array(await signParametersAck(parametersUpdate?.hash ?? '', a, form));
    if (form === 'json') {
      const schema = { $ref: '#/components/schemas/signedAcknowledgement' };
      expect(openApi.doubts(schema, JSON.parse(Buffer.from(body).toString('utf8')))).toEqual([]);
    }
    await compare(service, 'POST', '/network-map/ack-parameters', undefined, { body });
  }
  await compare(service, 'GET', '/network-map/my-hostname');
  await compare(service, 'GET', '/health');
});

test('what is refused', async () => {
  const service = await begin('limits: { bodyBytes: 8192, nodes: 1 }\nparameters: { minimumPlatformVersion: 4 }\n');
  const a = identityOf('A');
  const post = (what: string, body: string | Uint8Array<ArrayBuffer>) =>
    compare(service, 'POST', `/network-map/${what}`, undefined, { body });
  await post('publish', await nodeInfo(a, 5n));
  await post('publish', await nodeInfo(a, 4n));
  await post('publish', (await nodeInfo(a, 5n)).replace('x', 'y'));
  await post('publish', await nodeInfo(a, 5n, 13));
  await post('publish', await nodeInfo(identityOf('A'), 9n));
  await post('publish', await nodeInfo(identityOf('B'), 1n, 3));
  await post('publish', await nodeInfo(identityOf('B')));
  await service.running.service.ban(nameOf('B'));
  await post('publish', await nodeInfo(identityOf('B')));
  for (const what of ['publish', 'ack-parameters']) {
    await post(what, '{}');
    await post(what, 'x'.repeat(8193));
  }
  const word = new Uint8Array(await signParametersAck('AB'.repeat(32), a, 'json'));
  await post('ack-parameters', word);
  for (const what of ['node-info', 'network-parameters']) {
    for (const hash of ['0'.repeat(64), 'none', '%zz']) {
      await compare(service, 'GET', `/network-map/${what}/{hash}`, `/network-map/${what}/${hash}`);
    }
  }
  await compare(service, 'GET', '/network-map/{id}', `/network-map/${PRIVATE}`);
  await compare(service, 'GET', '/network-map/{id}', `/network-map/${'x'.repeat(65)}`);
  await service.running.service.stop();
  await post('ack-parameters', word);
  await post('publish', await nodeInfo(a, 6n));
});

test('who asks too often, at every path', async () => {
  const service = await begin('limits: { requestsPerMinute: 1 }\n');
  await service.ask('/health');
  for (const [path, item] of Object.entries(openApi.document.paths)) {
    for (const method of Object.keys(item)) {
      await compare(
        service,
        method.toUpperCase(),
        path,
        path.replace('{hash}', '0'.repeat(64)).replace('{id}', PRIVATE),
      );
    }
  }
});

test('each status of each path was seen, and each code', () => {
  const described = Object.entries(openApi.document.paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, { responses }]) =>
      Object.keys(responses).map((status) => `${method.toUpperCase()} ${path} ${status}`),
    ),
  );
  expect([...seen].sort()).toEqual(described.sort());
  expect([...codes].sort()).toEqual(
    Object.keys(REFUSAL_STATUS)
      .filter((code) => code !== 'UNAUTHORIZED')
      .sort(),
  );
});

test('an answer that is not as described is found', async () => {
  const service = await begin('');
  await service.publish(await nodeInfo(identityOf('A')));
  await service.cli('map', 'sign');
  const { headers, status, body } = await service.ask('/network-map', { headers: { accept: 'application/json' } });
  const doubts = (change: { body?: Buffer; status?: number; headers?: Headers }) =>
    openApi.doubtsOf('GET', '/network-map', { headers, status, body, ...change }).length;
  const jws = JSON.parse(body.toString('utf8')) as { payload: string; protected: string };
  const withPayload = (payload: unknown) =>
    Buffer.from(JSON.stringify({ ...jws, payload: Buffer.from(JSON.stringify(payload)).toString('base64url') }));
  expect(doubts({})).toBe(0);
  expect(doubts({ body: withPayload({ version: 2 }) })).toBe(1);
  expect(doubts({ body: Buffer.from(JSON.stringify({ ...jws, protected: jws.payload })) })).toBe(1);
  expect(doubts({ status: 201 })).toBe(1);
  expect(doubts({ headers: new Headers({ ...Object.fromEntries(headers), 'x-other': '1' }) })).toBe(1);
  const fewer = new Headers(headers);
  fewer.delete('etag');
  expect(doubts({ headers: fewer })).toBe(1);
});
