import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { NetworkMapView, ParametersView } from '../control/network-map-view';
import type { NodeStatus } from '../control/status';
import { ManualClock } from '../lib/clock';
import { EXIT } from './exit-codes';
import { runCli } from './main';

const NOW = 10_000_000;
const HASH = 'AB'.repeat(32);
const NEXT = 'CD'.repeat(32);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netmap-map-'));
  mkdirSync(join(folder, 'state'));
  config('networkMap: { url: "https://map.example" }');
});
afterEach(() => rmSync(folder, { recursive: true }));

function config(source: string): void {
  const text = `node: { nodeInfo: own }
certificates: { key: { file: key }, chain: chain, roots: roots }
sources: [{ ${source} }]
`;
  writeFileSync(join(folder, 'netmap.yaml'), text);
}

function parameters(hash: string, epoch: number): ParametersView {
  return {
    hash,
    epoch,
    modifiedTime: '2026-01-01T00:00:00Z',
    minimumPlatformVersion: 4,
    maxMessageSize: 10_485_760,
    maxTransactionSize: 1,
    eventHorizonMs: 30 * 86_400_000,
    notaries: [{ name: 'O=Notary\u001b[2J, L=Rome, C=IT', id: 'DLn', validating: true }],
    whitelistedContractImplementations: { 'net.Contract': [HASH] },
    packageOwnership: { 'net.example': 'DLo' },
  };
}

function status(map: Partial<NetworkMapView> | undefined, pid = process.pid): void {
  const networkMap = map && { url: 'https://map.example', stale: 0, parameters: parameters(HASH, 1), ...map };
  const shown: NodeStatus = {
    node: { name: 'O=A, L=Rome, C=IT', id: 'DLa' },
    pid,
    startedAt: 0,
    updatedAt: NOW,
    broker: { kind: 'embedded', state: 'ready' },
    map: { revision: 1, peers: 3, parked: [] },
    ...(networkMap && { networkMap }),
    drift: { repairs: 0 },
    peers: [{ id: 'DLb', name: 'O=B, L=Rome, C=IT', addresses: [] }],
  };
  writeFileSync(join(folder, 'state', 'status.json'), JSON.stringify(shown));
}

async function cli(...words: string[]) {
  let out = '';
  let err = '';
  const exit = await runCli(['--config', join(folder, 'netmap.yaml'), ...words], {
    stdout: { isTTY: false, write: (text: string) => (out += text) },
    stderr: { isTTY: false, write: (text: string) => (err += text) },
    stdin: Readable.from([]),
    environment: {},
    clock: new ManualClock(NOW),
    onInterrupt: () => () => undefined,
  });
  return { exit, out, err };
}
const decided = (): unknown => JSON.parse(readFileSync(join(folder, 'state', 'decisions.json'), 'utf8'));
const held = {
  reason: 'the network map has lost 2 of 9 peers',
  digest: 'D1',
  since: NOW - 60_000,
  lost: ['DLb', 'DLx'],
};

test('map show: the service, and nothing that waits', async () => {
  status({ publishing: { publishedAt: NOW - 3000 } });
  expect(await cli('map', 'show')).toEqual({
    exit: EXIT.ok,
    err: '',
    out: `service    https://map.example
nodes      3
parameters ${HASH}, epoch 1
published  3 s ago
`,
  });
});

test('map show: what is held, who would leave, and a service that is down', async () => {
  const failure = { code: 'MAP_SERVICE_UNREACHABLE', message: 'nobody is there' };
  status({ held, failingSince: NOW - 5000, failure, stale: 4, publishing: { problem: 'no route' } });
  const { exit, out } = await cli('map', 'show');
  expect(exit).toBe(EXIT.partly);
  expect(out).toBe(`service    https://map.example, no map since 5 s: nobody is there
nodes      3, 4 more not vouched for in time
parameters ${HASH}, epoch 1
published  not yet; the last try failed: no route
waiting    held since 60 s: the network map has lost 2 of 9 peers (netmap map accept)

would leave:
  O=B, L=Rome, C=IT
  DLx
`);
  expect(JSON.parse((await cli('map', 'show', '--json')).out)).toMatchObject({ alive: true, held });
});

test('map accept: agrees to exactly what is held', async () => {
  status({ held });
  await expect(cli('map', 'accept', 'D2')).resolves.toMatchObject({ exit: EXIT.failed });
  expect(await cli('map', 'accept')).toMatchObject({ exit: EXIT.ok, out: `accepted: ${held.reason}\n` });
  expect(decided()).toEqual({ parameters: [], map: { digest: 'D1', at: NOW } });
});

test('map accept: nothing is held', async () => {
  status({});
  expect(await cli('map', 'accept')).toMatchObject({ exit: EXIT.ok, out: 'no network map is held\n' });
});

test('map accept: a sidecar that does not run cannot carry it out', async () => {
  status({ held }, 2 ** 30);
  expect(await cli('map', 'accept')).toMatchObject({ exit: EXIT.unreachable });
});

test('without a service, or before the first run, the commands say what to do', async () => {
  expect(await cli('map', 'show')).toMatchObject({ exit: EXIT.unreachable });
  status(undefined);
  expect(await cli('parameters', 'show')).toMatchObject({ exit: EXIT.unreachable });
  config('directory: { path: map }');
  const none = await cli('map', 'show');
  expect(none).toMatchObject({ exit: EXIT.failed });
  expect(none.err).toContain('NODE_NO_MAP_SERVICE');
});

const update = {
  hash: NEXT,
  description: 'smaller',
  deadline: NOW + 3 * 86_400_000,
  isAccepted: false,
  isAcknowledged: false,
  parameters: parameters(NEXT, 2),
};

test('parameters show: in force and announced; controls of names are escaped', async () => {
  status({ update });
  const { exit, out } = await cli('parameters', 'show');
  expect(exit).toBe(EXIT.partly);
  expect(out).toContain(`update: parameters ${NEXT} are in force in 3 d and not accepted (netmap parameters accept)\n`);
  expect(out).toContain('  largest message           10485760 bytes\n');
  expect(out).toContain('  event horizon             30 d\n');
  expect(out).not.toContain('\u001b');
  expect(out.match(/epoch +\d/g)).toEqual(['epoch                     1', 'epoch                     2']);
});

test('parameters accept: what is announced, by the start of its hash', async () => {
  status({ update });
  await expect(cli('parameters', 'accept', 'CDCD')).resolves.toMatchObject({ exit: EXIT.failed });
  await expect(cli('parameters', 'accept', 'EF'.repeat(32))).resolves.toMatchObject({ exit: EXIT.failed });
  expect(await cli('parameters', 'accept', 'cdcdcdcd')).toMatchObject({ exit: EXIT.ok });
  expect(decided()).toEqual({ parameters: [NEXT] });
  status({ update: { ...update, isAccepted: true } });
  expect(await cli('parameters', 'show')).toMatchObject({ exit: EXIT.ok });
});

test('parameters accept: what the newest map asks for after its day', async () => {
  status({ unaccepted: NEXT });
  const { exit, out } = await cli('parameters', 'show');
  expect([exit, out.includes(`asked for by the newest map: ${NEXT}`)]).toEqual([EXIT.partly, true]);
  expect(await cli('parameters', 'accept', NEXT)).toMatchObject({ exit: EXIT.ok });
});

test('status: the service in one line, and what waits for the operator', async () => {
  status({ update, held });
  const { exit, out } = await cli('status');
  expect(exit).toBe(EXIT.partly);
  expect(out).toContain('service  https://map.example\n');
  expect(out).toContain(`waiting  held since 60 s: ${held.reason} (netmap map accept)\n`);
  expect(out).toContain(`waiting  parameters ${NEXT} are in force in 3 d and not accepted`);
});
