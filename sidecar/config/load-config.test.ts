import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Config, SourceConfig } from './config';
import { ConfigError } from './config-error';
import { loadConfig, parseConfig } from './load-config';
import { readSchema } from './schema-file';

const MINIMAL = `node: { nodeInfo: nodeInfo-own }
certificates:
  key: { file: tls.key }
  chain: tls.pem
  roots: /etc/roots.pem
sources:
  - directory: { path: map }
`;

const withMap = (networkMap: string): string =>
  MINIMAL.replace('directory: { path: map }', `networkMap: { ${networkMap} }`);

const withLists = (list: string): string =>
  MINIMAL.replace('roots: /etc/roots.pem', `roots: /etc/roots.pem\n  revocation: { lists: [${list}] }`);

type DeepRequired<T> = T extends string | number | boolean
  ? T
  : { [Name in keyof T]-?: DeepRequired<Exclude<T[Name], undefined>> };
type Written = Omit<Config, 'file' | 'sources' | 'node'> & {
  node: Pick<Config['node'], 'publish'>;
  sources: [Pick<SourceConfig, 'directory'>, Pick<SourceConfig, 'networkMap'>];
};

/** Every setting there is; the compiler asks for each name that the types know. */
const FULL: DeepRequired<Written> = {
  profile: 'corda',
  node: {
    publish: {
      identities: [{ key: { file: '/n/identity.key' } as never, chain: '/n/identity.pem' }],
      addresses: [{ host: 'node.example', port: 20 }],
      platformVersion: 21,
    },
  },
  certificates: {
    ...{ key: { file: '/n/tls.key' } as never, chain: '/n/tls.pem', roots: '/n/roots.pem' },
    revocation: {
      lists: [{ file: '/n/doorman.crl' }, { url: 'https://pki.example/root.crl', trust: '/n/web.pem' }] as never,
      ...{ failure: 'hard', refreshSeconds: 60, issuers: '/n/doormen.pem' },
    },
  },
  sources: [
    { directory: { path: '/n/map', watch: 'poll', intervalMs: 700 } },
    {
      networkMap: {
        url: 'https://map.example/zone',
        format: 'json',
        privateMap: '6f1e2f0c-93ab-4cde-8d11-2a1b8f3e0a77',
        trust: '/n/map-ca.pem',
        minPollSeconds: 22,
        maxPollSeconds: 23,
      },
    },
  ],
  brake: { share: 0.5, atLeast: 24 },
  maintenance: [{ days: ['sat', 'sun'], from: '22:00', until: '04:30', timeZone: 'Europe/Zurich' }],
  eviction: { graceSeconds: 25 },
  broker: {
    mode: 'embedded',
    instance: '/n/broker',
    data: '/store/n',
    highAvailability: 'sharedStore',
    home: '/opt/artemis',
    java: '/usr/bin/java',
    memory: '2G',
    base: '/n/base.yaml',
  },
  acceptors: {
    p2p: { host: '::', port: 1 },
    node: { host: 'node.example', port: 2 },
    rpc: { host: '10.0.0.1', port: 3, tls: { key: { env: 'RPC_KEY' } as never, chain: '/n/rpc.pem' } },
    rpcAdmin: { host: '127.0.0.1', port: 4 },
  },
  management: { host: 'broker', port: 5 },
  rpc: { users: '/n/users.yaml' },
  bridges: {
    idleSeconds: 6,
    retry: { minSeconds: 7, maxSeconds: 8, handshakeMinSeconds: 9, handshakeMaxSeconds: 10 },
    pollMilliseconds: 50,
  },
  limits: { maxMessageSize: 20480, peers: 11, peerConnections: 3 },
  state: '/n/state',
  http: { host: '127.0.0.9', port: 31, names: ['a.example'], operator: { password: { file: '/n/operator' } as never } },
  log: { level: 'trace', format: 'json' },
};

function problemsOf(text: string): string[] {
  try {
    parseConfig('/n/netmap.yaml', text);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((p) => `${p.line}:${p.column} ${p.path}: ${p.reason}; ${p.remedy}`);
  }
  return [];
}

test('fills in every default and makes paths absolute', () => {
  expect(parseConfig('/n/netmap.yaml', MINIMAL)).toEqual({
    file: '/n/netmap.yaml',
    profile: 'corda',
    node: { nodeInfo: '/n/nodeInfo-own' },
    certificates: { key: { file: '/n/tls.key' }, chain: '/n/tls.pem', roots: '/etc/roots.pem' },
    sources: [{ directory: { path: '/n/map', watch: 'native', intervalMs: 5000 } }],
    brake: { share: 0.2, atLeast: 3 },
    maintenance: [],
    eviction: { graceSeconds: 604_800 },
    broker: { mode: 'embedded', instance: '/n/broker', highAvailability: 'none', memory: '512M' },
    acceptors: {
      p2p: { host: '0.0.0.0', port: 10002 },
      node: { host: '127.0.0.1', port: 10003 },
      rpc: { host: '127.0.0.1', port: 10004, tls: 'own' },
      rpcAdmin: { host: '127.0.0.1', port: 10005 },
    },
    management: { host: '127.0.0.1', port: 10003 },
    rpc: {},
    bridges: {
      idleSeconds: 60,
      retry: { minSeconds: 1, maxSeconds: 60, handshakeMinSeconds: 60, handshakeMaxSeconds: 3600 },
      pollMilliseconds: 250,
    },
    limits: { maxMessageSize: 10485760, peers: 20000, peerConnections: 10 },
    state: '/n/state',
    log: { level: 'info', format: 'auto' },
  });
});

test('takes every setting that the types have, as it was written', () => {
  expect(parseConfig('/n/netmap.yaml', stringify(FULL))).toEqual({ file: '/n/netmap.yaml', ...FULL });
});

test('the schema knows no setting that the types lack', () => {
  const schema = readSchema('netmap.schema.json') as SchemaNode;
  expect(namesOf(schema, schema)).toEqual(expect.arrayContaining(['acceptors.rpc.tls.key.env']));
  const given = new Set([
    ...leavesOf(FULL),
    'certificates.key.env',
    'http.operator.password.env',
    'acceptors.rpc.tls.key.file',
    'node.nodeInfo',
    'node.authority',
    'node.publish.identities.key.env',
  ]);
  expect(namesOf(schema, schema).filter((name) => !given.has(name))).toEqual([]);
});

test('a Swaptacular node needs its authority alone: the files in it have the names that the network gives them', () => {
  const { profile, node, certificates, sources } = parseConfig(
    '/n/netmap.yaml',
    'profile: swaptacular\nnode: { authority: db }\n',
  );
  expect({ profile, node, certificates, sources }).toEqual({
    profile: 'swaptacular',
    node: { authority: '/n/db' },
    certificates: { key: { file: '/n/db/server.key' }, chain: '/n/db/server.crt', roots: '/n/db/root-ca.crt' },
    sources: [],
  });
});

test.each([
  [
    'profile: swaptacular\nnode: { nodeInfo: x }\n',
    "2:7 node.authority: is missing; add it: Folder of this node's Swaptacular certificate authority; its peers are the network map",
  ],
  [
    'profile: swaptacular\nnode: { authority: db }\nsources:\n  - directory: { path: map }\n',
    "3:1 sources: has no effect in the profile swaptacular: the authority's database names the peers; remove it",
  ],
  [
    MINIMAL.replace('nodeInfo: nodeInfo-own', 'authority: db'),
    '1:9 node.authority: belongs to the profile swaptacular; set profile to swaptacular',
  ],
])('what belongs to one profile is not taken for the other: %j', (text, problem) => {
  expect(problemsOf(text)).toEqual([problem]);
});

test.each([
  [
    'from: 02:00, until: 02:00',
    '8:37 maintenance[0].until: is when it opens, too; for a whole day write from 00:00 until 24:00',
  ],
  [
    'from: 02:00, until: 03:00, timeZone: Europe/Zurch',
    '8:54 maintenance[0].timeZone: is no time zone: Europe/Zurch; did you mean Europe/Zurich?',
  ],
  [
    'from: 2:00, until: 03:00',
    '8:23 maintenance[0].from: is not of the right form; When it opens: HH:MM, such as 02:00, as clocks in its time zone show it',
  ],
  [
    'from: 02:00',
    '8:15 maintenance[0].until: is missing; add it: When it closes: HH:MM, such as 04:00, or 24:00; on the next day where that is before it opens',
  ],
])('a maintenance window that makes none: %s', (window, problem) => {
  expect(problemsOf(`${MINIMAL}maintenance: [{ ${window} }]\n`)).toEqual([problem]);
});

test('a maintenance window is of every day and UTC unless it says else', () => {
  const { maintenance } = parseConfig('/n/netmap.yaml', `${MINIMAL}maintenance: [{ from: 02:00, until: '24:00' }]\n`);
  const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
  expect(maintenance).toEqual([{ days, from: '02:00', until: '24:00', timeZone: 'UTC' }]);
});

test('management of a broker on every interface is reached on the loopback one', () => {
  const config = parseConfig('/n/netmap.yaml', `${MINIMAL}acceptors: { node: { host: 0.0.0.0, port: 7 } }\n`);
  expect(config.management).toEqual({ host: '127.0.0.1', port: 7 });
});

test('a section may be set in part', () => {
  const config = parseConfig('/n/netmap.yaml', `${MINIMAL}bridges: { retry: { maxSeconds: 5 } }\n`);
  expect(config.bridges.retry).toMatchObject({ minSeconds: 1, maxSeconds: 5 });
});

test('reports all problems at once, each with its place, in the order of the file', () => {
  const text = `node: { nodeInfo: 7 }
certificates:
  key: -----BEGIN PRIVATE KEY-----
  chain: tls.pem
source: []
log: { level: infos, formt: text }
acceptors: { p2p: { port: 70000 }, node: }
`;
  expect(problemsOf(text)).toEqual([
    '1:1 sources: is missing; add it: Where NodeInfos come from; at least one',
    '1:19 node.nodeInfo: must be text, but is a whole number; ' +
      'Path of a file or folder; relative ones start at the folder of the configuration file',
    '3:3 certificates.roots: is missing; add it: PEM file with one or more roots of the network',
    '3:8 certificates.key: must be a section of settings, but is text; ' +
      'Where a secret lies, never the secret itself: { file: PATH } or { env: NAME }',
    '5:1 source: is not a known setting; did you mean "sources"?',
    '6:15 log.level: must be one of trace, debug, info, warn, error, not "infos"; did you mean "info"?',
    '6:22 log.formt: is not a known setting; did you mean "format"?',
    '7:27 acceptors.p2p.port: must be <= 65535; TCP port, 1 to 65535',
    '7:42 acceptors.node: must be a section of settings, but is empty; give it a value or remove the line',
  ]);
});

test.each([
  ['duplicate key', 'state: a\nstate: b\n', /keep one of the two/],
  ['tab', 'node:\n\tnodeInfo: a\n', /indent with spaces/],
  ['two documents', 'state: a\n---\nstate: b\n', /one document/],
  ['unknown tag', 'state: !secret a\n', /remove the tag/],
  ['open bracket', 'state: [a\n', /close each bracket/],
  ['alias without anchor', 'state: *nowhere\n', /aliases|correct the YAML/],
  ['alias bomb', bomb(), /in place of aliases/],
  ['deep nesting', `state: ${'['.repeat(200_000)}`, /simplify the file|correct the YAML/],
])('refuses the YAML: %s', (_name, text, remedy) => {
  const problems = problemsOf(text);
  expect(problems.length).toBeGreaterThan(0);
  expect(problems[0]).toMatch(/^\d+:\d+ /);
  expect(problems.join('\n')).toMatch(remedy);
});

test.each([
  ['', 'must be a section of settings, but is empty'],
  ['[]', 'must be a section of settings, but is a list'],
  ['text', 'must be a section of settings, but is text'],
  ['__proto__: { a: 1 }', 'is not a known setting'],
  [MINIMAL.replace('{ file: tls.key }', '{ file: a, env: B }'), 'needs exactly one of: file, env'],
  [MINIMAL.replace('{ file: tls.key }', '{}'), 'needs exactly one of: file, env'],
  [MINIMAL.replace('{ file: tls.key }', '{ env: "A B" }'), 'is not of the right form'],
  [`${MINIMAL}acceptors: { p2p: { port: 10003 } }`, 'port 10003 is already taken by acceptors.p2p'],
  [`${MINIMAL}acceptors: { rpc: { tls: on } }`, 'must be one of own, off, not "on"'],
  [`${MINIMAL}acceptors: { rpc: { tls: { chain: a } } }`, 'acceptors.rpc.tls.key: is missing'],
  [`${MINIMAL}bridges: { retry: { minSeconds: 61 } }`, 'is 61, more than maxSeconds, which is 60'],
  [`${MINIMAL}broker: { highAvailability: sharedStore }`, 'needs a data folder that both brokers share'],
  [`${MINIMAL}broker: { mode: attached, home: /a }`, 'has no effect on a broker that is attached'],
  [MINIMAL.replace('nodeInfo: nodeInfo-own', ''), 'needs exactly one of: nodeInfo, publish'],
  [MINIMAL.replace('directory: { path: map }', '{}'), 'needs exactly one of: networkMap, directory'],
  [withLists('{ file: a, url: "http://a" }'), 'needs exactly one of: file, url'],
  [withLists('{ url: ftp://a }'), 'is not of the right form'],
  [withLists('{ url: "http://:80" }'), 'is not a URL'],
  [withMap('url: ftp://a'), 'is not of the right form'],
  [withMap('url: http://user:password@a'), 'is not of the right form'],
  [withMap('url: "http://:80"'), 'is not a URL'],
  [withMap('url: http://a, minPollSeconds: 9, maxPollSeconds: 8'), 'is 9, more than maxPollSeconds, which is 8'],
  [withMap('url: http://a, privateMap: mine'), 'is not of the right form'],
  [`${withMap('url: http://a')}  - networkMap: { url: http://b }\n`, 'is a second network map service'],
  [`${MINIMAL}brake: { share: 20 }`, 'must be <= 1'],
  [`${MINIMAL}broker: { memory: 512 }`, 'must be text, but is a whole number'],
  [`${MINIMAL}broker: { memory: 512 MB }`, 'is not of the right form'],
])('refuses %j', (text, reason) => {
  expect(problemsOf(text).join('\n')).toContain(reason);
});

test('two acceptors may share a port on different addresses', () => {
  const text = `${MINIMAL}acceptors: { p2p: { host: 10.0.0.1, port: 7 }, node: { port: 7 } }`;
  expect(problemsOf(text)).toEqual([]);
});

test('an inline secret does not appear in the error', () => {
  expect(problemsOf(MINIMAL.replace('{ file: tls.key }', 'hunter2')).join('\n')).not.toContain('hunter2');
});

describe('files', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'netmap-config-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('reads a file', async () => {
    await writeFile(join(folder, 'netmap.yaml'), MINIMAL);
    await expect(loadConfig(join(folder, 'netmap.yaml'))).resolves.toMatchObject({ state: join(folder, 'state') });
  });

  test('a missing file, a folder and a file that is no text are told apart', async () => {
    await writeFile(join(folder, 'binary'), Buffer.from([0xff, 0xfe, 0x00]));
    await expect(loadConfig(join(folder, 'none'))).rejects.toMatchObject({ code: 'CONFIG_MISSING' });
    await expect(loadConfig(folder)).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE' });
    await expect(loadConfig(join(folder, 'binary'))).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE' });
  });
});

function bomb(): string {
  const levels = Array.from({ length: 9 }, (_, level) =>
    level === 0
      ? 'a0: &a0 [x, x, x]'
      : `a${level}: &a${level} [${Array(9)
          .fill(`*a${level - 1}`)
          .join(', ')}]`,
  );
  return `${levels.join('\n')}\n`;
}

interface SchemaNode {
  readonly $defs?: Readonly<Record<string, SchemaNode>>;
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly else?: SchemaNode;
}

/** Names of all settings without settings of their own, such as `sources.directory.path`. */
function namesOf(root: SchemaNode, node: SchemaNode): string[] {
  const target = node.$ref === undefined ? node : (root.$defs?.[node.$ref.replace('#/$defs/', '')] ?? {});
  const inner = target.items ?? (target.properties === undefined ? target.else : undefined);
  if (inner !== undefined) return namesOf(root, inner);
  return Object.entries(target.properties ?? {}).flatMap(([name, child]) => {
    const names = namesOf(root, child);
    return names.length === 0 ? [name] : names.map((tail) => `${name}.${tail}`);
  });
}

function leavesOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(leavesOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, child]: [string, unknown]) => {
    const names = leavesOf(child);
    return names.length === 0 ? [name] : names.map((tail) => `${name}.${tail}`);
  });
}
