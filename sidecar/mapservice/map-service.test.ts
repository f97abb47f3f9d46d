import { randomBytes } from 'node:crypto';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { X500Name } from '../certificates/x500-name';
import { issueAuthority, issueIdentity, issueNodeCa, type Authority } from '../dev-network/issue-corda';
import type { Credential } from '../dev-network/credential';
import { issueMapSigners } from '../dev-network/issue-map-signers';
import { ManualClock } from '../lib/clock';
import { silentLogger } from '../lib/log';
import { readBulk } from '../network-map/bulk';
import { signNodeInfoBlob, type NodeInfoBlob } from '../network-map/node-info-blob';
import { signNodeInfo } from '../network-map/node-info-writer';
import { signParametersAck } from '../network-map/parameters-ack';
import { readSignedMap } from '../network-map/signed-document';
import { verifySignedMap } from '../network-map/verify-document';
import type { NetworkMapDocument } from '../network-map/network-map';
import { authority, parameters, settings, START } from '../../test/interop/served-map';
import { openAuditLog, type AuditLog } from './audit-log';
import { MapService, type MapServiceOptions } from './map-service';
import { createMapServer } from './service-http';

jest.setTimeout(60_000);

const DAY = 86_400_000;
const BODY_BYTES = 65_536;
const signers = issueMapSigners(authority.root, settings);

let folder: string;
let clock: ManualClock;
let audit: AuditLog;
let service: MapService;
let server: FastifyInstance;
let base: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'map-service-'));
  clock = new ManualClock(START);
  audit = await openAuditLog(join(folder, 'audit.jsonl'), () => clock.now(), silentLogger);
  await begin();
});
afterEach(async () => {
  await end();
  await audit.close();
  await rm(folder, { recursive: true, force: true });
});

async function begin(overrides: Partial<MapServiceOptions> = {}): Promise<void> {
  service = await MapService.open({
    ...{ clock, log: silentLogger, audit, roots: [authority.root.chain[0]], signers, parameters },
    ...{ journal: join(folder, 'journal'), signIntervalMs: 0, maxNodes: 20_000, privateMaps: new Map() },
    ...overrides,
  });
  const limits = { bodyBytes: BODY_BYTES, requestsPerMinute: 100_000, publishesPerMinute: 100_000 };
  server = createMapServer(service, { clock, log: silentLogger, pollSeconds: 30, trustedProxies: [], ...limits });
  base = await server.listen({ host: '127.0.0.1', port: 0 });
}

async function end(): Promise<void> {
  await server.close();
  await service.stop();
}

interface Question {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly payload?: Buffer;
}

async function ask(question: string | Question) {
  const { url, method = 'GET', headers = {}, payload } = typeof question === 'string' ? { url: question } : question;
  const type = { 'content-type': 'application/octet-stream' };
  const options = {
    method,
    headers: { ...(payload && type), ...headers },
    ...(payload && { body: new Uint8Array(payload) }),
  };
  const answer = await fetch(`${base}${url}`, options);
  const rawPayload = Buffer.from(await answer.arrayBuffer());
  return {
    statusCode: answer.status,
    headers: Object.fromEntries(answer.headers),
    rawPayload,
    payload: rawPayload.toString('utf8'),
    json: () => JSON.parse(rawPayload.toString('utf8')) as unknown,
  };
}

const nameOf = (letter: string): X500Name => X500Name.parse(`O=Party ${letter}, L=London, C=GB`);

function identityOf(letter: string, by: Authority = authority): Credential {
  return issueIdentity(issueNodeCa(by.doorman, nameOf(letter), settings), 'ed25519', settings);
}

function contentOf({ chain, privateKey }: Credential, serial = 1n, port = 10_002) {
  const addresses = [{ host: 'party.example', port }] as const;
  return {
    ...{ addresses, platformVersion: 12, serial },
    identities: [{ role: 'legal', certificates: chain, privateKey } as const],
  };
}

const blobOf = (...args: Parameters<typeof contentOf>): NodeInfoBlob => signNodeInfoBlob(contentOf(...args));

async function publish(body: Uint8Array | string) {
  const answer = await ask({ method: 'POST', url: '/network-map/publish', payload: Buffer.from(body) });
  return { status: answer.statusCode, ...(answer.json() as { outcome?: string; code?: string }) };
}

async function mapIn(accept: string, url = '/network-map'): Promise<NetworkMapDocument> {
  const { rawPayload, statusCode } = await ask({ url, headers: { accept } });
  expect(statusCode).toBe(200);
  const trust = { roots: [authority.root.chain[0]], at: clock.now() };
  return (await verifySignedMap(readSignedMap(rawPayload), trust)).document;
}

/** One change comes after the other, and the map is signed in between. */
const settled = (): Promise<void> => service.ban(nameOf('Z'));

const map = (): Promise<NetworkMapDocument> => mapIn('*/*');

test('a node that publishes is in the map, and what it published is given back byte by byte', async () => {
  const { bytes, hash } = blobOf(identityOf('A'));
  expect(await publish(bytes)).toMatchObject({ status: 200, outcome: 'published' });
  await service.publish(bytes, 'again');
  expect((await map()).nodeInfoHashes).toEqual([hash]);
  const { rawPayload, headers } = await ask(`/network-map/node-info/${hash}`);
  expect(rawPayload).toEqual(bytes);
  expect(headers).toMatchObject({ 'x-corda-server-version': '2', 'content-type': 'application/octet-stream' });
  const bulk = readBulk((await ask('/network-map/node-infos')).rawPayload);
  expect(bulk.nodeInfos.map((each) => each.hash)).toEqual([hash]);
});

test('JSON is another form with a map of its own', async () => {
  const { text } = await signNodeInfo(contentOf(identityOf('A')));
  expect(await publish(text)).toMatchObject({ outcome: 'published' });
  await settled();
  expect((await map()).nodeInfoHashes).toEqual([]);
  const { nodeInfoHashes, networkParameterHash } = await mapIn('application/json');
  const [hash = ''] = nodeInfoHashes;
  expect((await ask(`/network-map/node-info/${hash}`)).payload).toBe(text);
  expect((await ask(`/network-map/network-parameters/${networkParameterHash}`)).statusCode).toBe(200);
  const bulk = await ask({ url: '/network-map/node-infos', headers: { accept: 'application/json' } });
  expect((bulk.json() as { nodeInfos: unknown[] }).nodeInfos).toHaveLength(1);
});

test('a map that is known is not sent again', async () => {
  const { headers } = await ask('/network-map');
  expect(headers['cache-control']).toBe('public, max-age=30');
  const again = { url: '/network-map', headers: { 'if-none-match': headers['etag'] ?? '' } };
  expect((await ask(again)).statusCode).toBe(304);
  await publish(blobOf(identityOf('A')).bytes);
  await settled();
  expect((await ask(again)).statusCode).toBe(200);
});

test('what is wrong is refused with its reason, and changes nothing', async () => {
  const a = identityOf('A');
  const { bytes, hash } = blobOf(a, 5n);
  await publish(bytes);
  await settled();
  const before = await map();
  const broken = Buffer.from(bytes);
  broken[broken.length - 40] = (broken[broken.length - 40] ?? 0) ^ 1;
  const stranger = identityOf('C', issueAuthority(settings));
  const wrong: [string, Uint8Array, number, string][] = [
    ['old serial', blobOf(a, 4n, 1).bytes, 409, 'SERIAL_OLD'],
    ['same serial', blobOf(a, 5n, 1).bytes, 409, 'SERIAL_REUSED'],
    ['second key', blobOf(identityOf('A'), 9n).bytes, 409, 'NAME_TAKEN'],
    ['other root', blobOf(stranger).bytes, 400, 'SUBMISSION_REFUSED'],
    ['garbage', randomBytes(500), 400, 'SUBMISSION_REFUSED'],
    ['empty', Buffer.alloc(0), 400, 'SUBMISSION_REFUSED'],
    ['changed', broken, 400, 'SUBMISSION_REFUSED'],
    ['giant', Buffer.alloc(BODY_BYTES + 1), 413, 'SUBMISSION_TOO_LARGE'],
    [
      'low version',
      signNodeInfoBlob({ ...contentOf(identityOf('D')), platformVersion: 3 }).bytes,
      403,
      'PLATFORM_VERSION_LOW',
    ],
  ];
  for (const [what, body, status, code] of wrong)
    expect({ what, ...(await publish(body)) }).toMatchObject({ what, status, code });
  expect(await map()).toEqual(before);
  expect(before.nodeInfoHashes).toEqual([hash]);
  await end();
  await begin();
  expect(await map()).toEqual(before);
});

test('a silent node is evicted at the event horizon, one that is heard is not, and its name is free again', async () => {
  const heard = blobOf(identityOf('A'));
  await publish(heard.bytes);
  await publish(blobOf(identityOf('B')).bytes);
  await clock.advance(20 * DAY);
  await publish(heard.bytes);
  await clock.advance(10 * DAY + 120_000);
  await publish(heard.bytes);
  expect((await map()).nodeInfoHashes).toEqual([heard.hash]);
  expect(await publish(blobOf(identityOf('B')).bytes)).toMatchObject({ outcome: 'published' });
});

test('a service that was down hears everybody before it evicts', async () => {
  const { bytes, hash } = blobOf(identityOf('A'));
  await publish(bytes);
  await end();
  await clock.advance(40 * DAY);
  await begin();
  expect((await map()).nodeInfoHashes).toEqual([hash]);
  await clock.advance(26 * 3_600_000);
  await settled();
  expect((await map()).nodeInfoHashes).toEqual([]);
});

test('removed a node may come back, banned it may not', async () => {
  const { bytes } = blobOf(identityOf('A'));
  await publish(bytes);
  await service.remove(nameOf('A'));
  expect(service.size).toBe(0);
  expect(await publish(bytes)).toMatchObject({ outcome: 'published' });
  await service.ban(nameOf('A'));
  expect(await publish(bytes)).toMatchObject({ status: 403, code: 'NAME_BANNED' });
  await service.unban(nameOf('A'));
  expect(await publish(bytes)).toMatchObject({ outcome: 'published' });
  await expect(service.remove(nameOf('X'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('an update is announced, acknowledged, and in force on its day', async () => {
  const a = identityOf('A');
  await publish(blobOf(a).bytes);
  const { networkParameterHash: old } = await map();
  await end();
  const update = {
    description: 'larger',
    deadline: START + 5 * DAY,
    parameters: { ...parameters, maxMessageSize: 20_000_000 },
  };
  await begin({ update });
  const { parametersUpdate } = await map();
  const hash = parametersUpdate?.hash ?? '';
  expect(parametersUpdate).toMatchObject({ description: 'larger' });
  const acknowledge = async (signer: Credential, of = hash) => {
    const payload = await signParametersAck(of, signer, 'corda');
    return (await ask({ method: 'POST', url: '/network-map/ack-parameters', payload })).statusCode;
  };
  expect(await acknowledge(identityOf('B'))).toBe(404);
  expect(await acknowledge(a, old)).toBe(404);
  expect(await acknowledge(a)).toBe(200);
  expect(service.nodes()).toMatchObject([{ acknowledgedAt: START }]);
  await clock.advance(5 * DAY + 60_000);
  await settled();
  const after = await map();
  expect(after.networkParameterHash).toBe(hash);
  expect(after.parametersUpdate).toBeUndefined();
  await end();
  await begin({ parameters: update.parameters });
  expect((await map()).networkParameterHash).toBe(hash);
});

test('parameters do not change behind the nodes’ backs', async () => {
  await end();
  await expect(begin({ parameters: { ...parameters, maxMessageSize: 1 } })).rejects.toMatchObject({
    code: 'PARAMETERS_CHANGED',
  });
  await begin();
});

test('members of a private map are in it alone', async () => {
  const id = '0f9ab4f5-3a9e-4c7e-9c5a-2a6d3c1b7e55';
  await end();
  await begin({ privateMaps: new Map([[id, [nameOf('A')]]]) });
  const [a, b] = [blobOf(identityOf('A')), blobOf(identityOf('B'))];
  await publish(a.bytes);
  await publish(b.bytes);
  await settled();
  expect((await map()).nodeInfoHashes).toEqual([b.hash]);
  expect((await mapIn('*/*', `/network-map/${id}`)).nodeInfoHashes).toEqual([a.hash]);
  expect((await ask(`/network-map/${id.replace('0f', '1f')}`)).statusCode).toBe(404);
});

test('a copy of the journal, taken while it runs, is a backup', async () => {
  const a = blobOf(identityOf('A'));
  await publish(a.bytes);
  await copyFile(join(folder, 'journal'), join(folder, 'backup'));
  await publish(blobOf(identityOf('B')).bytes);
  await end();
  await begin({ journal: join(folder, 'backup') });
  expect((await map()).nodeInfoHashes).toEqual([a.hash]);
});

test('a thousand publish at the same time, and all are there after a restart', async () => {
  const identities = Array.from({ length: 20 }, (_, index) => identityOf(String(index)));
  const blobs = Array.from({ length: 1_000 }, (_, index) => {
    return blobOf(identities[index % 20] as Credential, BigInt(1 + Math.floor(index / 20)));
  });
  const answers = await Promise.allSettled(blobs.map(({ bytes }) => service.publish(bytes, 'here')));
  expect(answers.slice(-20).map(({ status }) => status)).toEqual(Array(20).fill('fulfilled'));
  await end();
  await begin();
  expect(new Set((await map()).nodeInfoHashes)).toEqual(new Set(blobs.slice(-20).map(({ hash }) => hash)));
}, 120_000);

test('the audit log tells who did what, and what was refused', async () => {
  await publish(blobOf(identityOf('A')).bytes);
  await publish('{}');
  await end();
  await begin();
  await audit.close();
  const lines = (await readFile(join(folder, 'audit.jsonl'), 'utf8')).trim().split('\n');
  const records = lines.map((line) => JSON.parse(line) as { action: string; code?: string; name?: string });
  expect(records).toContainEqual(expect.objectContaining({ action: 'published', name: nameOf('A').toCorda() }));
  expect(records).toContainEqual(expect.objectContaining({ action: 'refused', code: 'SUBMISSION_REFUSED' }));
  audit = await openAuditLog(join(folder, 'audit.jsonl'), () => clock.now(), silentLogger);
});
