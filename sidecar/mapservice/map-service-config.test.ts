import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { authority } from '../../test/interop/served-map';
import { ServiceFolder } from '../../test/interop/service-folder';
import { ConfigError } from '../config/config-error';
import { chainPem } from '../dev-network/credential';
import { loadMapServiceConfig, loadOperatorAccess } from './map-service-config';

let service: ServiceFolder;
beforeEach(async () => {
  service = await ServiceFolder.create();
});
afterEach(() => service.remove());

const load = () => loadMapServiceConfig(service.files.config);

async function problems(): Promise<ConfigError> {
  const error = await load().then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (error instanceof ConfigError) return error;
  throw new Error('the configuration is taken');
}

function add(yaml: string): void {
  service.configure((before) => `${before}${yaml}\n`);
}

test('what is not set has its default, and paths start at the file', async () => {
  const { listen, pollSeconds, signSeconds, limits, parameters, ...config } = await load();
  expect({ listen, pollSeconds, signSeconds, limits }).toEqual({
    ...{ listen: { host: '127.0.0.1', port: 0 }, pollSeconds: 30, signSeconds: 1 },
    limits: { nodes: 20_000, bodyBytes: 262_144, requestsPerMinute: 6000, publishesPerMinute: 300 },
  });
  expect(parameters).toMatchObject({ maxMessageSize: 10_485_760, eventHorizon: 720 * 3_600_000, notaries: [] });
  expect([config.state, config.tls, config.update]).toEqual([
    join(service.files.folder, 'map-service-state'),
    undefined,
    undefined,
  ]);
  expect(config.mapSigner.privateKey).toBe(readFileSync(service.files.mapKey, 'utf8').trimEnd());
});

test('every setting is read', async () => {
  writeFileSync(join(service.files.folder, 'notary.pem'), chainPem(authority.doorman.chain));
  service.configure((yaml) => yaml.replace(/^parameters:.*\n/m, '').replace(/^parametersSigner:.*\n/m, ''));
  add(`tls: { key: { file: map-key.pem }, chain: map.pem }
trustedProxies: ["10.0.0.0/8"]
pollSeconds: 2
signSeconds: 3
limits: { nodes: 4 }
parameters:
  minimumPlatformVersion: 5
  notaries: [{ certificate: notary.pem, validating: true }]
  eventHorizonHours: 6
  whitelistedContractImplementations: { net.Contract: ["${'AB'.repeat(32)}"] }
  packageOwnership: { net.example: notary.pem }
update: { description: why, deadline: "2030-01-31T12:00:00Z", parameters: { maxMessageSize: 7 } }
privateMaps: [{ id: 6f1e2f0c-93ab-4cde-8d11-2a1b8f3e0a77, members: ["O=A, L=Rome, C=IT"] }]`);
  const config = await load();
  const notary = authority.doorman.chain[0];
  expect(config).toMatchObject({
    trustedProxies: ['10.0.0.0/8'],
    pollSeconds: 2,
    signSeconds: 3,
    limits: { nodes: 4 },
  });
  expect(config.tls?.chain).toBe(readFileSync(service.files.mapChain, 'utf8'));
  expect(config.parametersSigner).toBe(config.mapSigner);
  expect(config.parameters).toMatchObject({ minimumPlatformVersion: 5, eventHorizon: 6 * 3_600_000 });
  expect(config.parameters.notaries.map(({ certificate }) => certificate.subject.key())).toEqual([
    notary.subject.key(),
  ]);
  expect([...config.parameters.packageOwnership]).toEqual([['net.example', notary.publicKey]]);
  expect([...config.parameters.whitelistedContractImplementations]).toEqual([['net.Contract', ['AB'.repeat(32)]]]);
  expect(config.update).toMatchObject({ description: 'why', deadline: Date.UTC(2030, 0, 31, 12) });
  expect(config.update?.parameters).toMatchObject({ maxMessageSize: 7, minimumPlatformVersion: 1 });
  expect([...config.privateMaps].map(([id, names]) => [id, names.map((name) => name.toCorda())])).toEqual([
    ['6f1e2f0c-93ab-4cde-8d11-2a1b8f3e0a77', ['O=A, L=Rome, C=IT']],
  ]);
});

test('every problem of the form is told, with its place', async () => {
  service.configure((yaml) => yaml.replace(/^roots:.*\n/m, '').replace('port: 0', 'port: 70000'));
  add(`pollSeconds: 0
limits: { node: 5, bodyBytes: "many" }
update: { description: "", deadline: "tomorrow", parameters: { maxMessageSize: 1.5 } }
privateMaps: [{ id: not-a-uuid, members: "A" }]
trustedProxies: 10.0.0.1
surprise: 1`);
  const error = await problems();
  expect(error.code).toBe('CONFIG_INVALID');
  expect(error.problems.map(({ path }) => path).sort()).toEqual(
    [
      ...[
        'limits.bodyBytes',
        'limits.node',
        'listen.port',
        'pollSeconds',
        'privateMaps[0].id',
        'privateMaps[0].members',
      ],
      ...['roots', 'surprise', 'trustedProxies', 'update.deadline', 'update.description'],
      'update.parameters.maxMessageSize',
    ].sort(),
  );
});

test.each([
  ['text', 'just text'],
  ['a list', '- 1'],
  ['empty', ''],
  ['broken YAML', 'listen: { host: ['],
  ['a name twice', 'listen: {}\nlisten: {}'],
])('a file that is %s is refused', async (_what, text) => {
  writeFileSync(service.files.config, text);
  expect((await problems()).code).toMatch(/^CONFIG_/);
});

test('a file that is not there is named', async () => {
  rmSync(service.files.config);
  expect((await problems()).message).toContain(service.files.config);
});

test.each([
  ['../root.pem', 'CONFIG_UNREADABLE'],
  ['map.pem', 'CONFIG_UNREADABLE'],
  ['parameters.pem', 'CONFIG_UNREADABLE'],
  ['map-key.pem', 'SECRET_MISSING'],
  ['parameters-key.pem', 'SECRET_MISSING'],
  ['operator-token', 'SECRET_MISSING'],
])('without its file %s it says which is missing', async (name, code) => {
  const file = join(service.files.folder, name);
  rmSync(file);
  expect(await problems()).toMatchObject({ code, message: expect.stringContaining(file) as string });
  writeFileSync(file, '', { mode: 0o600 });
  expect(await problems()).toMatchObject({ code, message: expect.stringContaining(file) as string });
});

test.each(['map-key.pem', 'parameters-key.pem', 'operator-token'])(
  '%s that others can read is refused',
  async (name) => {
    chmodSync(join(service.files.folder, name), 0o644);
    expect((await problems()).code).toBe('SECRET_FILE_MODE');
  },
);

test('files that hold something else are named', async () => {
  for (const file of [service.files.mapChain, join(service.folder, 'root.pem')]) {
    const before = readFileSync(file);
    for (const wrong of ['no PEM', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n']) {
      writeFileSync(file, wrong);
      expect(await problems()).toMatchObject({
        code: 'CONFIG_UNREADABLE',
        message: expect.stringContaining(file) as string,
      });
    }
    writeFileSync(file, before);
  }
  await load();
});

test("a key that is another's stops the service at its start, and its state is free again", async () => {
  writeFileSync(service.files.mapKey, readFileSync(service.files.parametersKey));
  await expect(service.serve()).rejects.toMatchObject({ code: 'MAP_SIGNER_KEY' });
  service.configure((yaml) =>
    yaml.replace('map-key.pem }, chain: map.pem', 'parameters-key.pem }, chain: parameters.pem'),
  );
  await expect(service.serve()).rejects.toMatchObject({ code: 'MAP_SIGNER_ROLE' });
});

test('a member of a private map that is no name is told', async () => {
  add('privateMaps: [{ id: 6f1e2f0c-93ab-4cde-8d11-2a1b8f3e0a77, members: ["Party A"] }]');
  const { code, message } = await problems();
  expect([code, message]).toEqual(['CONFIG_UNREADABLE', expect.stringContaining('member of a private map')]);
});

test('for the operator’s entrance no signing key is needed', async () => {
  rmSync(service.files.mapKey);
  const { operator, state } = await loadOperatorAccess(service.files.config);
  expect([operator?.token.reveal(), state]).toEqual([
    'of-the-operator',
    join(service.files.folder, 'map-service-state'),
  ]);
  service.configure((yaml) => yaml.replace(/^operator:.*\n/m, ''));
  expect((await loadOperatorAccess(service.files.config)).operator).toBeUndefined();
});
