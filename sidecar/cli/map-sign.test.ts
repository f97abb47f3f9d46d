import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { authority, identityOf, nodeInfoOf, settings } from '../../test/interop/served-map';
import { ServiceFolder } from '../../test/interop/service-folder';
import { StaticServer } from '../../test/interop/static-server';
import { issueAuthority, issueIdentity, issueNodeCa } from '../dev-network/issue-corda';
import { X500Name } from '../certificates/x500-name';
import { signNodeInfo } from '../network-map/node-info-writer';
import { readSignedMap, readSignedParameters } from '../network-map/signed-document';
import { verifySignedMap, verifySignedParameters } from '../network-map/verify-document';
import { FolderFiles } from '../sources/cache/cache-files';
import { MapCache } from '../sources/cache/map-cache';
import { cordaForm } from '../sources/http/corda-form';
import { httpExchange } from '../sources/http/exchange';
import { jsonForm } from '../sources/http/json-form';
import { MapClient } from '../sources/http/map-client';
import { NetworkMapSource } from '../sources/http/network-map-source';
import type { SignedMap } from '../mapservice/signed-map';
import { EXIT } from './exit-codes';

const DAY = 86_400_000;
const identities = { A: identityOf('A'), B: identityOf('B') };
const [a, b] = [nodeInfoOf(identities.A), nodeInfoOf(identities.B)];

let service: ServiceFolder;
let out: string;
let nodeInfos: string;
beforeEach(async () => {
  service = await ServiceFolder.create('signSeconds: 3600\n');
  out = join(service.folder, 'out');
  nodeInfos = join(service.folder, 'node-infos');
  mkdirSync(nodeInfos);
});
afterEach(() => service.remove());

interface Told {
  readonly signed: SignedMap | null;
  readonly refused: readonly { readonly file: string; readonly code: string }[];
}

async function sign(...options: string[]): Promise<Told & { readonly exit: number }> {
  const { exit, out: text } = await service.cli('map', 'sign', '--json', '--out', out, ...options);
  return { exit, ...(JSON.parse(text) as Told) };
}

function put(name: string, content: Uint8Array | string): void {
  writeFileSync(join(nodeInfos, name), content);
}

async function jsonOf(letter: 'A' | 'B'): Promise<string> {
  const { chain, privateKey } = identities[letter];
  const { text } = await signNodeInfo({
    ...{ addresses: [{ host: 'party.example', port: 10_002 }], platformVersion: 12, serial: 1n },
    identities: [{ role: 'legal', certificates: chain, privateKey }],
  });
  return text;
}

const trust = () => ({ roots: [authority.root.chain[0]], at: service.clock.now() });
const inMap = async (file = join(out, 'network-map')): Promise<number> =>
  (await verifySignedMap(readSignedMap(readFileSync(file)), trust())).document.nodeInfoHashes.length;

test('a running service signs at once what it would sign an hour later', async () => {
  await service.serve();
  await service.publish(a);
  const { service: running } = service.running;
  const before = running.network.map('corda').hash;
  const { exit, out: text } = await service.cli('map', 'sign');
  const after = running.network.map('corda').hash;
  expect([exit, after === before]).toEqual([EXIT.ok, false]);
  expect(text).toContain('signed: 1 nodes, at 2026-11-22T00:00:00.000Z\n');
  expect(text).toContain(`map         corda ${after}, json ${running.network.map('json').hash}\n`);
  const served = await service.ask('/network-map');
  expect(readSignedMap(served.body).hash).toBe(after);
  await service.cli('map', 'sign');
  // The audit log is written beside the answers; all of it is on the disk when the service has stopped.
  await service.stop();
  const signed = service.audit.filter(({ action }) => action === 'signed');
  expect(signed.map(({ hash, nodes }) => [hash, nodes])).toEqual([
    [before, 0],
    [after, 1],
    [after, 1],
  ]);
});

test('without a service that runs, it asks for a folder', async () => {
  const { exit, err } = await service.cli('map', 'sign');
  expect(exit).toBe(EXIT.unreachable);
  expect(err).toContain('--out FOLDER');
});

test.each([
  ['corda', cordaForm],
  ['json', jsonForm],
] as const)('a node has its peers from the folder, in the form %s', async (kind, form) => {
  put('nodeInfo-A', a);
  put('nodeInfo-B', b);
  put('a.json', await jsonOf('A'));
  put('b.json', await jsonOf('B'));
  put('readme.txt', 'no NodeInfo');
  expect(await sign('--node-infos', nodeInfos)).toMatchObject({ exit: EXIT.ok, refused: [], signed: { nodes: 4 } });
  const web = await StaticServer.of(out);
  const cache = mkdtempSync(join(tmpdir(), 'static-map-'));
  const exchange = httpExchange({ clock: service.clock, silenceMs: 30_000, wholeMs: 60_000 });
  const url = new URL(`${web.url}/${kind}`);
  const source = new NetworkMapSource({
    url: url.href,
    client: new MapClient({ url, exchange, mediaType: form.mediaType, platformVersion: 4 }),
    ...{ form, clock: service.clock, roots: trust().roots, cache: new MapCache(new FolderFiles(cache)) },
    ...{ random: () => 0.5, poll: { minMs: 1000, maxMs: DAY }, brake: { share: 0.2, atLeast: 3 } },
    ...{ ownId: 'DLown', maxPeers: 1000 },
  });
  try {
    await source.start(() => undefined);
    const { peers, parked } = source.snapshot();
    const names = peers.map(({ peer }) => peer.identities[0].name.toCorda()).sort();
    expect([names, parked]).toEqual([['O=Party A, L=London, C=GB', 'O=Party B, L=London, C=GB'], []]);
    expect(web.requests).toContain(`/${kind}/network-map`);
  } finally {
    await source.stop();
    await web.close();
    rmSync(cache, { recursive: true });
  }
});

test('the plain files verify by themselves, in both forms', async () => {
  put('nodeInfo-A', a);
  await sign('--node-infos', nodeInfos);
  expect(readdirSync(out).sort()).toEqual(
    ['corda', 'json', 'network-map', 'network-map.json', 'network-parameters', 'network-parameters.json'].sort(),
  );
  for (const ending of ['', '.json']) {
    const map = await verifySignedMap(readSignedMap(readFileSync(join(out, `network-map${ending}`))), trust());
    const parameters = readSignedParameters(readFileSync(join(out, `network-parameters${ending}`)));
    const hash = map.document.networkParameterHash;
    expect((await verifySignedParameters(parameters, { ...trust(), hash })).document.epoch).toBe(1);
  }
});

test('what is refused is told by file and reason, and nothing is written unless it may be left out', async () => {
  const stranger = issueAuthority(settings);
  const name = X500Name.parse('O=Party A, L=London, C=GB');
  const second = issueIdentity(issueNodeCa(authority.doorman, name, settings), 'ed25519', settings);
  put('nodeInfo-A', a);
  put('nodeInfo-A-serial', nodeInfoOf(identities.A, 1n, 10_003));
  put('nodeInfo-other-key', nodeInfoOf(second, 2n));
  put(
    'nodeInfo-other-root',
    nodeInfoOf(issueIdentity(issueNodeCa(stranger.doorman, name, settings), 'ed25519', settings)),
  );
  put('cut.json', (await jsonOf('B')).slice(0, 300));
  put('nodeInfo-huge', Buffer.alloc(1024 * 1024 + 1));
  const expected = [
    ['cut.json', 'SUBMISSION_REFUSED'],
    ['nodeInfo-A-serial', 'SERIAL_REUSED'],
    ['nodeInfo-huge', 'DIRECTORY_FILE_TOO_LARGE'],
    ['nodeInfo-other-key', 'NAME_TAKEN'],
    ['nodeInfo-other-root', 'SUBMISSION_REFUSED'],
  ];
  const refused = await sign('--node-infos', nodeInfos);
  expect(refused).toMatchObject({ exit: EXIT.failed, signed: null });
  expect(refused.refused.map(({ file, code }) => [file, code]).sort()).toEqual(expected);
  expect(existsSync(out)).toBe(false);
  const { out: text } = await service.cli('map', 'sign', '--out', out, '--node-infos', nodeInfos);
  expect(text).toMatch(/^refused: cut\.json: SUBMISSION_REFUSED: .*not JSON/m);
  const skipped = await sign('--node-infos', nodeInfos, '--skip-refused');
  expect(skipped).toMatchObject({ exit: EXIT.partly, signed: { nodes: 1 } });
  expect(await inMap()).toBe(1);
});

test('of one node, the last NodeInfo by its serial counts, whatever the order of the files', async () => {
  put('nodeInfo-1', nodeInfoOf(identities.A, 9n));
  put('nodeInfo-2', nodeInfoOf(identities.A, 3n));
  expect(await sign('--node-infos', nodeInfos)).toMatchObject({ exit: EXIT.ok, signed: { nodes: 1 } });
  const [hash = ''] = readdirSync(join(out, 'corda', 'network-map', 'node-info'));
  expect(readFileSync(join(out, 'corda', 'network-map', 'node-info', hash))).toEqual(nodeInfoOf(identities.A, 9n));
});

test('signed again on another day, the parameters are the same; who is gone is gone from the folder, too', async () => {
  put('nodeInfo-A', a);
  put('nodeInfo-B', b);
  const first = await sign('--node-infos', nodeInfos);
  await service.clock.advance(3 * DAY);
  rmSync(join(nodeInfos, 'nodeInfo-B'));
  writeFileSync(join(out, 'corda', 'network-map', 'node-info', 'theirs'), 'kept');
  const again = await sign('--node-infos', nodeInfos);
  expect(again.signed?.parameters).toEqual(first.signed?.parameters);
  expect(again.signed?.maps.corda).not.toBe(first.signed?.maps.corda);
  expect(readdirSync(join(out, 'corda', 'network-map', 'node-info'))).toHaveLength(2);
});

test.each(['runs', 'does not run'])(
  'without NodeInfos, it signs what the state of a service holds that %s',
  async (how) => {
    await service.serve();
    await service.publish(a);
    const parameters = service.running.service.network.inForce('corda').hash;
    if (how === 'does not run') await service.stop();
    const signed = await sign();
    expect(signed).toMatchObject({ exit: EXIT.ok, signed: { nodes: 1, parameters: { corda: parameters } } });
    expect(await inMap()).toBe(1);
  },
);

test('who is banned at the service is refused, and its own state stays as it is', async () => {
  await service.cli('map', 'ban', 'O=Party A, L=London, C=GB');
  put('nodeInfo-A', a);
  put('nodeInfo-B', b);
  const { refused } = await sign('--node-infos', nodeInfos);
  expect(refused.map(({ file, code }) => [file, code])).toEqual([['nodeInfo-A', 'NAME_BANNED']]);
  await sign('--node-infos', nodeInfos, '--skip-refused');
  const { out: listed } = await service.cli('map', 'nodes', '--json');
  expect(JSON.parse(listed)).toMatchObject({ nodes: [] });
});

test('of what the state holds, only serials count beside the files: an older NodeInfo is refused, a full state is not', async () => {
  service.configure((yaml) => `${yaml}limits: { nodes: 1 }\n`);
  await service.serve();
  await service.publish(nodeInfoOf(identities.A, 5n));
  await service.stop();
  put('nodeInfo-B', b);
  expect(await sign('--node-infos', nodeInfos)).toMatchObject({ exit: EXIT.ok, signed: { nodes: 1 } });
  rmSync(join(nodeInfos, 'nodeInfo-B'));
  put('nodeInfo-A', nodeInfoOf(identities.A, 4n));
  expect(await sign('--node-infos', nodeInfos)).toMatchObject({
    exit: EXIT.failed,
    refused: [{ file: 'nodeInfo-A', code: 'SERIAL_OLD' }],
  });
});

test('a folder that cannot be written is told', async () => {
  writeFileSync(out, 'a file');
  const { exit, out: text } = await service.cli('map', 'sign', '--json', '--out', out);
  expect([exit, JSON.parse(text)]).toMatchObject([EXIT.failed, { error: { code: 'MAP_FOLDER' } }]);
});
