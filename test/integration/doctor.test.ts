import { readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openAmqp } from '../../sidecar/broker/amqp/open-amqp';
import { brokerAccess } from '../../sidecar/control/broker-access';
import { examine, type Finding } from '../../sidecar/control/doctor/examine';
import { Site } from '../../sidecar/control/doctor/site';
import { systemClock } from '../../sidecar/lib/clock';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { SYSTEM_USERS } from '../../sidecar/plan/roles';
import { startTestNetwork, type TestNetwork, type TestNode } from './support/node';
import { until } from './support/until';

const NAME_B = 'O=Party B,L=Paris,C=FR';
const TTL_MS = 1;

jest.setTimeout(300_000);

let network: TestNetwork;
let a: TestNode;
let b: TestNode;

beforeAll(async () => {
  network = await startTestNetwork({
    nodes: [
      { name: 'O=Party A,L=London,C=GB', alias: 'a' },
      { name: NAME_B, alias: 'b' },
    ],
    start: ['a'],
  });
  a = network.node('a');
  b = network.node('b');
});
afterAll(() => network.stop());

async function diagnose(peer?: string): Promise<Finding[]> {
  const asked = peer === undefined ? {} : { peer };
  const site = new Site({ configFile: a.dev.files.config, clock: systemClock, environment: process.env, ...asked });
  try {
    return await examine(site);
  } finally {
    await site.close();
  }
}

const causes = (findings: readonly Finding[]): string[] => findings.flatMap(({ cause }) => cause ?? []);

test('beside a running sidecar a healthy node is healthy, by the clock of its broker too', async () => {
  const findings = await diagnose();
  expect(causes(findings)).toEqual([]);
  const words = Object.fromEntries(findings.map(({ id, words: seen }) => [id, seen]));
  expect(words).toMatchObject({ clock: 'as the broker says', 'broker-version': 'Artemis 2.56.0' });
});

test('a peer that is down, and what has died on the way to it', async () => {
  const before = await diagnose(NAME_B);
  expect(causes(before)).toEqual(['peer-unreachable']);
  expect(before.find(({ id }) => id === 'peer-dead-letters')).toMatchObject({ verdict: 'ok', words: 'none' });
  const connection = await openAmqp(brokerAccess(a.material, a.config.management, SYSTEM_USERS.node));
  const sender = await connection.createAwaitableSender({ target: { address: cordaAddresses.peerQueue(b.id) } });
  await sender.send({ body: 'too late', ttl: TTL_MS, durable: true });
  await connection.close();
  await until('it has died', async () => causes(await diagnose(NAME_B)).includes('peer-dead-letters'), 60_000);
});

test('a broker whose login files are not those of the sidecar: broker-login-refused', async () => {
  const file = join(a.config.broker.instance, 'etc', 'node-users.properties');
  const good = await readFile(file, 'utf8');
  const later = new Date(Date.now() + 5_000);
  await writeFile(file, good.replaceAll(/=.*/g, '=another'));
  // The broker reads it again when its time has grown.
  await utimes(file, later, later);
  try {
    await until('it is refused', async () => causes(await diagnose())[0] === 'broker-login-refused', 60_000);
    expect((await diagnose()).filter(({ verdict }) => verdict === 'fault')).toHaveLength(1);
  } finally {
    await writeFile(file, good);
    await utimes(file, new Date(), new Date(later.getTime() + 5_000));
  }
  await until('it is let in again', async () => !causes(await diagnose()).includes('broker-login-refused'), 60_000);
});
