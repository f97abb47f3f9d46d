import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Certificate } from '../../sidecar/certificates/certificate';
import type { Config } from '../../sidecar/config/config';
import { loadConfig } from '../../sidecar/config/load-config';
import { liveMaterial } from '../../sidecar/control/certificates/live-material';
import { makeSource } from '../../sidecar/control/certificates/make-source';
import { RerootedSource } from '../../sidecar/control/certificates/rerooted-source';
import { mapAccess } from '../../sidecar/control/map-access';
import type { CreatedSource } from '../../sidecar/control/map-watch';
import { readNodeMaterial } from '../../sidecar/control/node-material';
import { PLATFORM_VERSION } from '../../sidecar/dev-network/build-node';
import { chainPem } from '../../sidecar/dev-network/credential';
import { settingsAt } from '../../sidecar/dev-network/dev-network';
import {
  issueAuthority,
  issueIdentity,
  issueNodeCa,
  type Authority,
  type IssueSettings,
} from '../../sidecar/dev-network/issue-corda';
import { issueMapSigners } from '../../sidecar/dev-network/issue-map-signers';
import { mapServiceFiles } from '../../sidecar/dev-network/map-service';
import { systemClock } from '../../sidecar/lib/clock';
import { silentLogger } from '../../sidecar/lib/log';
import { peerId } from '../../sidecar/network/peer';
import { signNodeInfo } from '../../sidecar/network-map/node-info-writer';
import { X500Name } from '../../sidecar/certificates/x500-name';
import { MapCache } from '../../sidecar/sources/cache/map-cache';
import { factsFromJson } from '../../sidecar/sources/http/accepted-map';
import { jsonForm } from '../../sidecar/sources/http/json-form';
import type { MapSnapshot } from '../../sidecar/sources/source';
import { ServedNetwork } from './support/map-service';
import { until } from './support/until';

const SOON_MS = 20_000;

jest.setTimeout(120_000);

let served: ServedNetwork;
let next: Authority;
let roots: { readonly old: Certificate; readonly new: Certificate };
let config: Config;
let source: RerootedSource<CreatedSource>;
let given: MapSnapshot[];

beforeAll(async () => {
  served = await ServedNetwork.create([{ alias: 'a', name: 'O=Party A,L=London,C=GB' }]);
  next = issueAuthority(settings());
  roots = { old: served.network.root.chain[0], new: next.root.chain[0] };
  // The service is the first to trust both.
  await writeFile(served.network.files.root, chainPem([roots.old, roots.new]));
  await served.serve();
  config = await loadConfig(served.network.nodes[0]?.files.config ?? '');
  await publish(await nodeInfoOf('O=Party B,L=Paris,C=FR', served.network));
  await publish(await nodeInfoOf('O=Party C,L=Rome,C=IT', next));
  given = [];
  source = await sourceBy([roots.old]);
  await source.start((snapshot) => given.push(snapshot));
});
afterAll(async () => {
  await source.stop();
  await served.remove();
});

test('who is known by a new root joins when it is trusted, and leaves with it', async () => {
  await until('the map is there', () => known().length > 0 && parked().length > 0, SOON_MS);
  expect([known(), parked()]).toEqual([['Party B'], ['NODE_INFO_CHAIN']]);
  given = [];
  await source.reroot([roots.old, roots.new]);
  // As the map was kept: nobody leaves even for a moment.
  expect(known()).toContain('Party B');
  await until('he has joined', () => known().length === 2, SOON_MS);
  expect(parked()).toEqual([]);
  await source.reroot([roots.old]);
  expect(known()).toEqual(['Party B']);
  await until('why is told', () => parked().length > 0, SOON_MS);
  expect([known(), parked()]).toEqual([['Party B'], ['NODE_INFO_CHAIN']]);
  await source.reroot([roots.old, roots.new]);
  await until('he has joined again', () => known().length === 2, SOON_MS);
  expect(
    given.every(({ peers }) => peers.some(({ peer }) => peer.identities[0].name.toCorda().includes('Party B'))),
  ).toBe(true);
});

test('a root is not dropped as long as the map is signed under it, and the map is followed meanwhile', async () => {
  await expect(source.reroot([roots.new])).rejects.toMatchObject({ code: 'NODE_ROOTS' });
  await publish(await nodeInfoOf('O=Party D,L=Oslo,C=NO', next));
  await until('somebody joins', () => known().includes('Party D'), SOON_MS);
});

test('when map and parameters are signed under the new root the old one is dropped', async () => {
  await served.stopServing();
  const files = mapServiceFiles(served.network.files.network);
  const { map, parameters } = issueMapSigners(next.root, settings());
  for (const [{ privateKey, chain }, key, pem] of [
    [map, files.mapKey, files.mapChain],
    [parameters, files.parametersKey, files.parametersChain],
  ] as const) {
    await writeFile(key, privateKey);
    await writeFile(pem, chainPem(chain));
  }
  await served.serve();
  await publish(await nodeInfoOf('O=Party E,L=Bern,C=CH', next));
  await until('the new map is taken', () => known().includes('Party E'), SOON_MS);
  await until('the parameters are kept as they are signed now', areKeptUnder, SOON_MS);
  await source.reroot([roots.new]);
  expect(known()).toEqual(['Party C', 'Party D', 'Party E']);
  expect(given.map(({ revision }) => revision)).toEqual(given.map((_, index) => (given[0]?.revision ?? 0) + index));
});

function settings(): ReturnType<typeof settingsAt> {
  return settingsAt(systemClock, randomBytes);
}

function known(): string[] {
  const names = source.snapshot().peers.map(({ peer }) => peer.identities[0].name.valuesOf('O').join(''));
  return names.sort();
}

function parked(): string[] {
  return source.snapshot().parked.map(({ error }) => error.code);
}

async function sourceBy(trusted: readonly Certificate[]): Promise<RerootedSource<CreatedSource>> {
  const material = liveMaterial(await readNodeMaterial(config, systemClock));
  const access = await mapAccess(config, PLATFORM_VERSION, systemClock);
  return new RerootedSource({
    make: makeSource({ config, material, clock: systemClock, random: Math.random, access }),
    prepare: async ({ networkMap }, changed) => networkMap?.renewParameters(changed),
    ...{ roots: trusted, serials: new Map(), brake: config.brake, ownId: peerId(material.own) },
    ...{ decisions: async () => ({ parameters: [] }), clock: systemClock, log: silentLogger },
  });
}

/** Whether the new root alone vouches for the parameters on disk. */
async function areKeptUnder(): Promise<boolean> {
  const loaded = await new MapCache(join(config.state, 'network-map')).load();
  const { hash, bytes } = factsFromJson(loaded?.facts ?? {}).parameters;
  const read = jsonForm.readParameters(bytes, hash, { roots: [roots.new], at: Date.now() });
  return read.then(
    () => true,
    () => false,
  );
}

async function publish(nodeInfo: string): Promise<void> {
  const access = await mapAccess(config, PLATFORM_VERSION, systemClock);
  await access?.client.publish(Buffer.from(nodeInfo), new AbortController().signal);
}

async function nodeInfoOf(name: string, { doorman }: Pick<Authority, 'doorman'>): Promise<string> {
  const issue: IssueSettings = settings();
  const { chain, privateKey } = issueIdentity(issueNodeCa(doorman, X500Name.parse(name), issue), 'p256', issue);
  const { text } = await signNodeInfo({
    addresses: [{ host: '127.0.0.1', port: 10_002 }],
    ...{ platformVersion: PLATFORM_VERSION, serial: BigInt(Date.now()) },
    identities: [{ role: 'legal', certificates: chain, privateKey }],
  });
  return text;
}
