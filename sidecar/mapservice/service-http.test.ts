import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { X500Name } from '../certificates/x500-name';
import { chainPem } from '../dev-network/credential';
import { issue, issueAuthority, tlsStatement, type Authority } from '../dev-network/issue-corda';
import { systemClock } from '../lib/clock';
import { readSignedMap } from '../network-map/signed-document';
import { httpExchange } from '../sources/http/exchange';
import { MapClient } from '../sources/http/map-client';
import { identityOf, nodeInfoOf, settings } from '../../test/interop/served-map';
import { ServiceFolder } from '../../test/interop/service-folder';

let service: ServiceFolder;
afterEach(() => service.remove());

async function begin(extra: string): Promise<void> {
  service = await ServiceFolder.create(extra);
  await service.serve();
}

const codeOf = ({ status, body }: { readonly status: number; readonly body: Buffer }): unknown => {
  return [status, (JSON.parse(body.toString('utf8')) as { code: string }).code];
};

test('by HTTPS, whoever trusts the root of its certificate is served, and nobody else goes on', async () => {
  service = await ServiceFolder.create(`listen: { host: localhost, port: 0 }
tls: { key: { file: web-key.pem }, chain: web.pem }
`);
  const web = issueAuthority(settings);
  const credential = issue(web.doorman, tlsStatement(X500Name.parse('CN=localhost')), settings);
  writeFileSync(join(service.files.folder, 'web-key.pem'), credential.privateKey, { mode: 0o600 });
  writeFileSync(join(service.files.folder, 'web.pem'), chainPem(credential.chain));
  await service.serve();
  expect(service.running.url).toMatch(/^https:\/\/localhost:\d+$/);
  const clientBy = ({ root }: Authority): MapClient => {
    const trust = chainPem(root.chain);
    const exchange = httpExchange({ clock: systemClock, silenceMs: 30_000, wholeMs: 60_000, trust });
    const url = new URL(service.running.url);
    return new MapClient({ url, exchange, mediaType: 'application/octet-stream', platformVersion: 4 });
  };
  const { signal } = new AbortController();
  const { map, serverVersion } = await clientBy(web).networkMap({}, signal);
  expect(serverVersion).toBe('2');
  expect(readSignedMap(map?.bytes ?? Buffer.alloc(0)).hash).toBe(service.running.service.network.map('corda').hash);
  await clientBy(web).publish(nodeInfoOf(identityOf('A')), signal);
  await expect(clientBy(issueAuthority(settings)).networkMap({}, signal)).rejects.toMatchObject({
    code: 'MAP_SERVICE_UNREACHABLE',
  });
  const plain = fetch(service.running.url.replace('https', 'http'));
  await expect(plain).rejects.toThrow();
});

test('who asks too often is told when to ask again, and may then', async () => {
  await begin('limits: { requestsPerMinute: 3, publishesPerMinute: 1 }\n');
  expect(await service.publish('{}')).toBe(400);
  const second = await service.ask('/network-map/publish', { method: 'POST', body: '{}' });
  expect([codeOf(second), second.headers.get('retry-after')]).toEqual([[429, 'RATE_EXCEEDED'], '60']);
  expect((await service.ask('/network-map')).status).toBe(200);
  const fourth = await service.ask('/network-map');
  expect([codeOf(fourth), fourth.headers.get('retry-after')]).toEqual([[429, 'RATE_EXCEEDED'], '20']);
  expect(fourth.headers.get('cache-control')).toBe('no-store');
  await service.clock.advance(20_000);
  expect((await service.ask('/network-map')).status).toBe(200);
});

test('behind a trusted proxy each address has its own share; one that is not trusted is not believed', async () => {
  await begin('limits: { requestsPerMinute: 1 }\ntrustedProxies: ["127.0.0.1"]\n');
  const from = async (address: string): Promise<number> =>
    (await service.ask('/health', { headers: { 'x-forwarded-for': address } })).status;
  expect([await from('192.0.2.1'), await from('192.0.2.1'), await from('192.0.2.2')]).toEqual([200, 429, 200]);
  await service.stop();
  service.configure((yaml) => yaml.replace('["127.0.0.1"]', '[]'));
  await service.serve();
  expect([await from('192.0.2.1'), await from('192.0.2.2')]).toEqual([200, 429]);
});

test('a map that is full takes no other node, and goes on with those that it has', async () => {
  await begin('limits: { nodes: 1 }\n');
  const a = identityOf('A');
  expect(await service.publish(nodeInfoOf(a))).toBe(200);
  const body = new Uint8Array(nodeInfoOf(identityOf('B')));
  const full = await service.ask('/network-map/publish', { method: 'POST', body });
  expect(codeOf(full)).toEqual([503, 'MAP_FULL']);
  expect(await service.publish(nodeInfoOf(a, 2n))).toBe(200);
});

test('what is larger than any NodeInfo, said or found to be, is refused', async () => {
  await begin('limits: { bodyBytes: 2048 }\n');
  const large = { method: 'POST', body: 'x'.repeat(2049) };
  expect(codeOf(await service.ask('/network-map/publish', large))).toEqual([413, 'SUBMISSION_TOO_LARGE']);
  expect(codeOf(await service.ask('/network-map/ack-parameters', large))).toEqual([413, 'SUBMISSION_TOO_LARGE']);
  const pieces = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(1024)),
  });
  const endless: RequestInit & { duplex: 'half' } = { method: 'POST', body: pieces, duplex: 'half' };
  const outcome = await service.ask('/network-map/publish', endless).then(codeOf, () => 'connection closed');
  expect([[413, 'SUBMISSION_TOO_LARGE'], 'connection closed']).toContainEqual(outcome);
  expect((await service.ask('/health')).status).toBe(200);
});

test.each([
  ['GET', '/'],
  ['GET', '/network-map/'],
  ['GET', '/network-map/publish/x'],
  ['POST', '/network-map'],
  ['PUT', '/network-map/publish'],
  ['DELETE', '/network-map'],
  ['GET', '/network-map/network-parameters'],
])('%s %s: there is nothing', async (method, path) => {
  await begin('');
  expect(codeOf(await service.ask(path, { method }))).toEqual([404, 'NOT_FOUND']);
});

test.each(['zz', '0'.repeat(63), '0'.repeat(65), `%00${'0'.repeat(63)}`, '..%2f..%2fetc'])(
  'the hash "%s" is none',
  async (hash) => {
    await begin('');
    for (const what of ['node-info', 'network-parameters']) {
      expect((await service.ask(`/network-map/${what}/${hash}`)).status).toBe(400);
    }
  },
);
