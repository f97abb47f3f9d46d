import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { obtainArtemis } from '../../sidecar/broker/obtain';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { startTestNetwork, type TestNetwork, type TestNode } from './support/node';
import { nodeAccess } from './support/node-access';
import { NodeOperations } from './support/node-operations';
import { putIntoMap, takeFromMap } from './support/published';
import { until } from './support/until';

jest.setTimeout(300_000);

const XSD = 'schema/artemis-configuration.xsd';

let home: string;
let network: TestNetwork;
let a: TestNode;

beforeAll(async () => {
  home = await homeForOnePeer();
  network = await startTestNetwork({
    nodes: ['O=Party A,L=London,C=GB', 'O=Party B,L=Paris,C=FR', 'O=Party C,L=Rome,C=IT'].map((name, index) => ({
      name,
      alias: 'abc'[index] ?? '',
    })),
    start: [],
    configure: (config) => ({ ...config, broker: { ...config.broker, home } }),
  });
  a = network.node('a');
});
afterAll(async () => {
  await network.stop();
  await rm(home, { recursive: true, force: true });
});

test('a configuration that the very distribution in use refuses keeps the node from starting; nothing is written', async () => {
  await expect(a.start()).rejects.toMatchObject({ code: 'APPLY_INVALID' });
  await a.stop();
  expect(await readdir(a.config.broker.instance).catch(() => [])).toEqual([]);
});

test('a map that asks for such a configuration is held, with its reason; the last good one stays', async () => {
  const c = network.node('c').dev;
  const nodeInfo = await takeFromMap(a.dev, c);
  await a.start();
  const operations = new NodeOperations(await nodeAccess(a.dev));
  try {
    const before = await filesOf(a);
    const addresses = await operations.addressNames();
    await putIntoMap(a.dev, c, nodeInfo);
    await until('the map is held', () => a.sidecar.status().held !== undefined);
    expect(a.sidecar.status().held).toMatchObject({ code: 'APPLY_INVALID' });
    expect(await filesOf(a)).toEqual(before);
    expect((await operations.addressNames()).sort()).toEqual(addresses.sort());
    expect(addresses).toContain(cordaAddresses.peerQueue(network.node('b').id));

    await takeFromMap(a.dev, c);
    await until('the next map is live', () => a.sidecar.status().held === undefined);
    expect(await filesOf(a)).toEqual(before);
  } finally {
    await operations.close();
  }
});

/** The distribution, but for a schema that knows one outgoing connection at most. */
async function homeForOnePeer(): Promise<string> {
  const { path } = await obtainArtemis({ env: process.env });
  const folder = await mkdtemp(join(tmpdir(), 'netmap-home-'));
  for (const name of await readdir(path)) {
    if (name !== 'schema') await symlink(join(path, name), join(folder, name));
  }
  await mkdir(join(folder, 'schema'));
  await cp(join(path, 'schema'), join(folder, 'schema'), { recursive: true });
  const schema = await readFile(join(folder, XSD), 'utf8');
  const changed = schema.replace(
    /<xsd:sequence maxOccurs="unbounded">(\s*<xsd:element name="amqp-connection")/,
    '<xsd:sequence>$1',
  );
  if (changed === schema) throw new Error('the schema has another form');
  await writeFile(join(folder, XSD), changed);
  return folder;
}

/** Content and time of each of the broker's own files. */
async function filesOf(node: TestNode): Promise<Record<string, string>> {
  const etc = join(node.config.broker.instance, 'etc');
  const found: Record<string, string> = {};
  for (const name of await readdir(etc, { recursive: true })) {
    const { mtimeMs, isFile } = await stat(join(etc, name)).then((stats) => ({
      mtimeMs: stats.mtimeMs,
      isFile: stats.isFile(),
    }));
    if (isFile) found[name] = `${mtimeMs} ${await readFile(join(etc, name), 'utf8')}`;
  }
  return found;
}
