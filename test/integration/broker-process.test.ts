import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { AttachedBroker } from '../../sidecar/broker/attached';
import type { BrokerEvent } from '../../sidecar/broker/broker';
import { makeBrokerInstance, type BrokerInstance } from './support/broker-instance';
import { launchSettings, leaveBroker, makeBrokerProcess, manage, type TestBroker } from './support/broker-process';
import { hasEnded } from './support/has-ended';

jest.setTimeout(120_000);

let instance: BrokerInstance;
let test1: TestBroker;

beforeAll(async () => {
  instance = await makeBrokerInstance();
  test1 = await makeBrokerProcess(instance);
  await test1.broker.start();
});

afterAll(async () => {
  await test1.broker.stop();
  await instance.remove();
});

/** What a test has begun is ended whatever becomes of the test: a broker that is left running keeps the tests from ending. */
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

it('answers management once it is started', async () => {
  expect(test1.broker.state).toBe('ready');
  expect(await test1.broker.operations.version()).toMatch(/^2\.\d+\.\d+$/);
  expect(test1.events.map((event) => event.type)).toEqual(['starting', 'ready']);
});

it('passes its log on as records', () => {
  const started = test1.log.find((record) => record.code === 'AMQ221007');
  expect(started).toMatchObject({ level: 'INFO', logger: 'org.apache.activemq.artemis.core.server' });
  expect(started?.message).toBe('Server is now active');
  expect(Math.abs((started?.time ?? 0) - Date.now())).toBeLessThan(120_000);
});

it('shows no secret in the list of processes, and gives none of our environment to the broker', async () => {
  const pid = test1.broker.pid ?? 0;
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8');
  expect(line).toContain(instance.folder);
  expect(line).not.toContain('correct horse');
  const environment = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0');
  expect(environment.filter((entry) => entry.startsWith('npm_') || entry.startsWith('JEST_'))).toEqual([]);
});

it('refuses a second broker for the same folder', async () => {
  const second = await makeBrokerProcess(instance);
  await expect(second.broker.start()).rejects.toMatchObject({ code: 'BROKER_ALREADY_RUNNING' });
});

it('is started again when it is killed, and keeps its queues', async () => {
  const { broker, events } = test1;
  await broker.operations.createAddress('kept', ['MULTICAST']);
  await broker.operations.createQueue({ name: 'kept.queue', address: 'kept', routingType: 'MULTICAST' });
  const attached = new AttachedBroker({ management: manage(instance) });
  ends.push(() => attached.stop());
  const seen: BrokerEvent['type'][] = [];
  attached.subscribe((event) => seen.push(event.type));
  await attached.start();
  const back = test1.next('ready');
  const seenBack = new Promise<void>((resolve) => {
    attached.subscribe((event) => {
      if (event.type === 'ready') resolve();
    });
  });
  events.length = 0;
  process.kill(broker.pid ?? 0, 'SIGKILL');
  await back;
  expect(events.map((event) => event.type)).toEqual(['exited', 'restarting', 'starting', 'ready']);
  expect(events[0]).toMatchObject({ signal: 'SIGKILL', expected: false });
  expect(await broker.operations.queueNames()).toContain('kept.queue');
  await seenBack;
  expect(seen).toEqual(['starting', 'ready', 'lost', 'ready']);
});

it('restarts in order when it is told to', async () => {
  const { broker, events } = test1;
  const before = broker.pid;
  events.length = 0;
  test1.log.length = 0;
  await broker.restart();
  expect(broker.pid).not.toBe(before);
  expect(broker.state).toBe('ready');
  expect(events.map((event) => event.type)).toEqual(['exited', 'starting', 'ready']);
  expect(events[0]).toMatchObject({ expected: true });
  // AMQ221002: the broker's farewell, which a killed one does not say.
  expect(test1.log.map((record) => record.code)).toContain('AMQ221002');
});

it('ends the broker that a killed process left behind, and takes its place', async () => {
  const left = await makeBrokerInstance();
  const { broker } = await makeBrokerProcess(left);
  ends.push(
    () => left.remove(),
    () => broker.stop(),
  );
  const orphan = await leaveBroker(await launchSettings(left));
  await broker.start();
  expect(await hasEnded(orphan)).toBe(true);
});

it('names the port that another process holds', async () => {
  const other = await makeBrokerInstance();
  const server = createServer();
  ends.push(
    () => other.remove(),
    () => new Promise((resolve) => server.close(resolve)),
  );
  await new Promise<void>((resolve) => server.listen(other.listen.port, other.listen.host, resolve));
  const { broker } = await makeBrokerProcess(other);
  await expect(broker.start()).rejects.toMatchObject({
    code: 'BROKER_PORT_IN_USE',
    message: expect.stringContaining(`127.0.0.1:${other.listen.port}`) as string,
  });
});

it('says what the broker says when it cannot start', async () => {
  const bad = await makeBrokerInstance({ core: '<no-such-setting/>' });
  const { broker, events } = await makeBrokerProcess(bad);
  await expect(broker.start()).rejects.toMatchObject({
    code: 'BROKER_START_FAILED',
    message: expect.stringContaining('no-such-setting') as string,
  });
  expect(events.at(-1)).toMatchObject({ type: 'exited', expected: false });
  await bad.remove();
});
