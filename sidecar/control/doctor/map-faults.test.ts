import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DoctoredNode, only } from '../../../test/interop/doctor/doctored-node';
import { chainPem } from '../../dev-network/credential';
import { settingsAt } from '../../dev-network/dev-network';
import { issueMapSigners } from '../../dev-network/issue-map-signers';
import { issueStranger } from '../../dev-network/odd-tls';
import { readNodeCredentials } from '../../dev-network/open-dev-network';
import { systemClock } from '../../lib/clock';
import type { NetworkMapDocument } from '../../network-map/network-map';
import { signMap } from '../../network-map/sign-document';

const settings = settingsAt(systemClock, randomBytes);
let node: DoctoredNode;
let server: Server | undefined;
let listener: RequestListener;

beforeEach(async () => {
  node = await DoctoredNode.create();
  server = undefined;
});
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
  await node.remove();
});

const source = /- directory:.*/;
const service = (url: string, more = ''): Promise<void> =>
  node.configure(source, `- networkMap: { url: '${url}', format: json${more} }`);

async function serve(answer: RequestListener, made: Server = createServer()): Promise<string> {
  listener = answer;
  server = made.on('request', (request, response) => listener(request, response));
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(made.address() as AddressInfo).port}`;
}

async function finds(cause: string, words: RegExp, remedy: RegExp): Promise<void> {
  const findings = await node.diagnose();
  expect(only(findings, cause)).toMatchObject({
    words: expect.stringMatching(words) as unknown,
    remedy: expect.stringMatching(remedy) as unknown,
  });
  const known = ['sidecar-stopped', 'broker-port-closed'];
  expect(findings.flatMap((one) => one.cause ?? []).filter((one) => !known.includes(one))).toEqual([cause]);
}

const map: NetworkMapDocument = { nodeInfoHashes: ['AB'.repeat(32)], networkParameterHash: 'CD'.repeat(32) };

describe('service', () => {
  test('a map that verifies', async () => {
    const signer = issueMapSigners(node.network.root, settings).map;
    const { bytes } = await signMap(map, signer, 'json');
    await service(`http://${await serve((_, response) => response.end(bytes))}`);
    const findings = await node.diagnose();
    expect(findings.find(({ id }) => id === 'map-service')).toMatchObject({
      verdict: 'ok',
      words: expect.stringContaining('a map of 1 nodes') as unknown,
    });
  });

  test('map-name-unknown', async () => {
    await service('http://nowhere.invalid/zone');
    await finds('map-name-unknown', /nowhere\.invalid/, /DNS/);
  });

  test('map-unreachable', async () => {
    await service('http://127.0.0.1:1/zone');
    await finds('map-unreachable', /ECONNREFUSED/, /is the service running/);
  });

  test('map-silent', async () => {
    await service(`http://${await serve(() => undefined)}`);
    await finds('map-silent', /within 1000 ms/, /firewalls/);
  });

  test('map-not-trusted', async () => {
    const { privateKey: key, chain } = (await readNodeCredentials(node.peer)).tls;
    const https = createHttpsServer({ key, cert: chainPem(chain) });
    await service(`https://${await serve((_, response) => response.end(), https)}`);
    await finds('map-not-trusted', /certificate/, /networkMap\.trust/);
  });

  test('map-not-trusted: it does not speak TLS', async () => {
    await service(`https://${await serve((_, response) => response.end())}`);
    await finds('map-not-trusted', /SSL|EPROTO/, /is the URL one of https/);
  });

  test('map-trust-unusable', async () => {
    await service('https://127.0.0.1:1', ', trust: none.pem');
    await finds('map-trust-unusable', /none\.pem cannot be read/, /path/);
  });

  test('map-not-found', async () => {
    await service(`http://${await serve((_, response) => response.writeHead(404).end())}`);
    await finds('map-not-found', /status 404/, /networkMap\.url/);
  });

  test('map-refused', async () => {
    await service(`http://${await serve((_, response) => response.writeHead(403).end())}`);
    await finds('map-refused', /status 403/, /log/);
  });

  test('map-answer-unusable', async () => {
    const page: RequestListener = (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>');
    await service(`http://${await serve(page)}`);
    await finds('map-answer-unusable', /page for people/, /proxy/);
  });

  test.each([
    ['another network', () => issueStranger(node.dev.name, settings).root],
    ['this network', () => node.network.root],
  ])('map-signature: signed in %s', async (where, root) => {
    const { bytes } = await signMap(map, issueMapSigners(root(), settings).map, 'json');
    // Of the content or the signature, somewhere in the last third.
    if (where === 'this network') bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) === 0x41 ? 0x42 : 0x41;
    await service(`http://${await serve((_, response) => response.end(bytes))}`);
    await finds('map-signature', /is not in order/, /roots\.pem/);
  });

  test('clock-ahead, by the service', async () => {
    const date = new Date(Date.now() - 3_600_000).toUTCString();
    await service(`http://${await serve((_, response) => response.writeHead(200, { date }).end())}`);
    expect((await node.causes())[0]).toBe('clock-ahead');
  });
});

describe('map', () => {
  test('map-folder-unusable', async () => {
    await rm(node.dev.files.map, { recursive: true });
    await finds('map-folder-unusable', /additional-node-infos cannot be read/, /mount/);
    await writeFile(node.dev.files.map, '');
    await finds('map-folder-unusable', /is no folder/, /make it/);
  });

  test('map-entry-parked, with and without a sidecar', async () => {
    await writeFile(join(node.dev.files.map, 'bad.json'), 'no NodeInfo');
    await finds('map-entry-parked', /^bad\.json is not taken/, /./);
    const parked = [{ origin: 'b.json', code: 'X', message: 'its signature is bad', since: 0 }];
    await node.runs({ map: { revision: 1, peers: 1, parked } });
    await finds('map-entry-parked', /^b\.json is not taken: its signature is bad/, /ask the node/);
  });

  test('map-cache-damaged', async () => {
    await node.configure(source, `- networkMap: { url: 'http://127.0.0.1:1', format: json }`);
    const cache = join(node.dev.files.folder, 'state', 'network-map');
    await mkdir(cache, { recursive: true });
    await writeFile(join(cache, 'map-a'), '{');
    const causes = await node.causes();
    expect(causes).toContain('map-unreachable');
    expect(causes).toContain('map-cache-damaged');
  });

  test('plan-refused', async () => {
    await node.configure('instance: broker', 'instance: "the broker"');
    await finds('plan-refused', /the broker" contains " "/, /choose a folder/);
  });

  test('map-paused', async () => {
    const parked = [{ origin: 'netmap pause', code: 'MAP_PAUSED', message: 'held until netmap resume', since: 0 }];
    await node.runs({ map: { revision: 1, peers: 1, parked } });
    await finds('map-paused', /held until netmap resume/, /netmap plan/);
  });

  test('map-held, parameters-not-accepted and change-held: as the running sidecar says', async () => {
    const held = { reason: 'the network map has lost 2 of 9 peers', digest: 'D1', since: 0, lost: ['DLb'] };
    await node.runs({ networkMap: { url: 'http://x', stale: 0, held } });
    await finds('map-held', /lost 2 of 9/, /netmap map accept/);
    await node.runs({ networkMap: { url: 'http://x', stale: 0, unaccepted: 'CD' } });
    await finds('parameters-not-accepted', /parameters CD/, /netmap parameters accept CD/);
    await node.runs({ held: { code: 'PROBE_FAILED', message: 'the proof failed', since: 0 } });
    await finds('change-held', /the proof failed \[PROBE_FAILED\]/, /netmap plan/);
  });

  test('peers-waiting and dead-letters: as the running sidecar says', async () => {
    const waiting = { id: 'DLb', name: 'O=Party B, L=New York, C=US', addresses: [], phase: 'waiting' };
    await node.runs({ peers: [waiting] });
    await finds('peers-waiting', /messages wait for O=Party B/, /netmap doctor --peer "O=Party B/);
    await node.runs({ deadLetters: { total: 3 } });
    await finds('dead-letters', /3 messages could not be delivered/, /netmap dead-letters list/);
  });
});
