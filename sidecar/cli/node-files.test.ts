import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { parseCertificates } from '../certificates/certificate';
import { createDevNetwork } from '../dev-network/create-dev-network';
import { settingsAt, type DevNode } from '../dev-network/dev-network';
import { systemClock } from '../lib/clock';
import { EXIT } from './exit-codes';
import { runCli } from './main';

const NAME = 'O=Party A, L=London, C=GB';
let folder: string;
let node: DevNode;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'node-files-'));
  const network = await createDevNetwork({
    folder: join(folder, 'net'),
    nodes: [{ name: NAME, ports: { p2p: 21_000, node: 21_001, rpc: 21_002, rpcAdmin: 21_003 } }],
    ...settingsAt(systemClock, randomBytes),
  });
  [node] = network.nodes as [DevNode];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function cli(...args: string[]): Promise<{ exit: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const exit = await runCli(args, {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    environment: {},
    stdin: Readable.from([]),
    clock: systemClock,
    onInterrupt: () => () => undefined,
  });
  return { exit, out, err };
}

test('certificates renew: the files hold another certificate of the same name, and status shows its end', async () => {
  const config = ['--config', node.files.config];
  const before = parseCertificates(await readFile(node.files.tlsChain, 'utf8'))[0];
  const renewed = await cli('certificates', 'renew', '--days', '20', '--json', ...config);
  expect(renewed).toMatchObject({ exit: EXIT.ok, err: '' });
  const after = parseCertificates(await readFile(node.files.tlsChain, 'utf8'))[0];
  expect(JSON.parse(renewed.out)).toMatchObject({ file: node.files.tlsChain, serial: after?.serial });
  expect([after?.serial === before?.serial, after?.subject.toJava()]).toEqual([false, before?.subject.toJava()]);

  expect(await cli('certificates', 'status', '--within', '10d', ...config)).toMatchObject({ exit: EXIT.ok });
  const soon = await cli('certificates', 'status', '--within', '30d', ...config);
  expect([soon.exit, soon.out]).toEqual([3, expect.stringMatching(/tls.*expiring|expiring.*tls/)]);
});

test('certificates renew without the key of the CA says what is missing, and changes nothing', async () => {
  const before = await readFile(node.files.tlsChain, 'utf8');
  const missing = join(folder, 'no-key.pem');
  const refused = await cli('certificates', 'renew', '--ca-key', missing, '--config', node.files.config);
  expect([refused.exit === EXIT.ok, refused.err]).toEqual([false, expect.stringContaining(missing)]);
  expect(await readFile(node.files.tlsChain, 'utf8')).toBe(before);
});

test('node-info show and verify: what the node says of itself, and that somebody has changed it', async () => {
  const shown = await cli('node-info', 'show', '--config', node.files.config);
  expect([shown.exit, shown.out]).toEqual([EXIT.ok, expect.stringContaining('Party A')]);
  const { config, nodeInfo } = node.files;
  const good = await cli('node-info', 'verify', nodeInfo, '--config', config);
  expect([good.exit, good.out]).toEqual([EXIT.ok, expect.stringContaining('Party A')]);
  const forged = join(folder, 'forged.json');
  const text = await readFile(nodeInfo, 'utf8');
  await writeFile(
    forged,
    text.replace(/"signature[^"]*":\s*\[?\s*"./, (found) => `${found}A`),
  );
  expect(await readFile(forged, 'utf8')).not.toBe(text);
  const bad = await cli('node-info', 'verify', forged, '--config', config);
  expect([bad.exit === EXIT.ok, bad.err]).toEqual([false, expect.stringContaining('NODE_INFO_SIGNATURE_INVALID')]);
});
