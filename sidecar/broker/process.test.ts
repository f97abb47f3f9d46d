import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '../lib/clock';
import type { BrokerEvent } from './broker';
import type { BrokerLogRecord } from './broker-log';
import type { Management } from './management';
import { ManagementError } from './management-error';
import { BrokerProcess, type BrokerProcessOptions } from './process';

/** A line of shell that says something as the broker does. */
const say = (message: string): string =>
  `echo '{"time":1,"level":"INFO","logger":"l","message":"'"${message}"'","trace":""}'`;
/** Lives until it is told to end; says what the broker says, and its arguments. */
const LIVES = `${say('AMQ221007: Server is now active')}
${say('args $*')}
${say('secret $SECRET')}
trap 'echo farewell; exit 0' TERM
while :; do sleep 0.05; done`;
const STUBBORN = `trap '' TERM
${say('ignoring')}
while :; do sleep 0.05; done`;
const DIES = `echo '{"time":1,"level":"ERROR","logger":"l","message":"AMQ214019: Invalid configuration","trace":""}'
exit 1`;

let folder: string;
let clock: ManualClock;
let events: BrokerEvent[];
let log: BrokerLogRecord[];
let broker: BrokerProcess;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'process-'));
  clock = new ManualClock();
  events = [];
  log = [];
});

afterEach(async () => {
  await broker.stop();
  await rm(folder, { recursive: true });
});

const answering = (answer: () => Promise<unknown> = () => Promise.resolve('2.56.0')): Management => ({
  state: 'connected',
  invoke: answer,
  attribute: answer,
  hurry: () => undefined,
  subscribe: () => () => undefined,
  close: () => Promise.resolve(),
});

async function make(script: string, options: Partial<BrokerProcessOptions> = {}): Promise<BrokerProcess> {
  await setScript(script);
  const process = new BrokerProcess({
    launch: {
      home: { path: '/artemis', version: '2.56.0' },
      java: { command: join(folder, 'java'), version: '17', major: 17 },
      instance: folder,
      properties: '/etc/broker.properties',
      heap: { max: 300 },
    },
    management: answering(),
    listens: [],
    onLog: (record) => log.push(record),
    backoff: { min: 1_000, max: 8_000, jitter: 'none' },
    clock,
    ...options,
  });
  process.subscribe((event) => events.push(event));
  return process;
}

async function setScript(script: string): Promise<void> {
  await writeFile(join(folder, 'java'), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, 'java'), 0o755);
}

function event<Type extends BrokerEvent['type']>(type: Type): Promise<Extract<BrokerEvent, { type: Type }>> {
  return new Promise((resolve) => {
    const end = broker.subscribe((next) => {
      if (next.type !== type) return;
      end();
      resolve(next as Extract<BrokerEvent, { type: Type }>);
    });
  });
}

async function said(text: string): Promise<string> {
  for (;;) {
    const found = log.find((record) => record.message.includes(text));
    if (found !== undefined) return found.message;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

it('runs the broker with its folders and files, and with nothing secret', async () => {
  broker = await make(LIVES, { env: { PATH: process.env['PATH'], SECRET: 'hush' } });
  await broker.start();
  const args = await said('args');
  expect(args).toContain('-Xms256m -Xmx300m');
  expect(args).toContain('--add-opens java.base/jdk.internal.misc=ALL-UNNAMED');
  expect(args).toContain(`-Dartemis.instance=${folder}`);
  expect(args).toContain('org.apache.activemq.artemis.boot.Artemis run --properties /etc/broker.properties');
  expect(await said('secret')).toBe('secret ');
  expect(await readFile(join(folder, 'broker.pid'), 'utf8')).toBe(`${broker.pid ?? 0} ${process.pid}\n`);
});

it('ends in order, and is then not started again', async () => {
  broker = await make(LIVES);
  await broker.start();
  await said('args');
  await broker.stop();
  expect(events.map(({ type }) => type)).toEqual(['starting', 'ready', 'exited']);
  expect(events.at(-1)).toEqual({ type: 'exited', code: 0, signal: null, expected: true });
  expect(log.map(({ message }) => message)).toContain('farewell');
  expect(broker.state).toBe('stopped');
  await expect(broker.restart()).rejects.toMatchObject({ code: 'BROKER_STOPPED' });
  await expect(readFile(join(folder, 'broker.pid'))).rejects.toMatchObject({ code: 'ENOENT' });
});

it('is killed when it does not end in time', async () => {
  broker = await make(STUBBORN, { stopTimeout: 5_000 });
  await broker.start();
  await said('ignoring');
  const stopping = broker.stop();
  const exited = event('exited');
  await clock.advance(5_000);
  await stopping;
  expect(await exited).toMatchObject({ signal: 'SIGKILL', expected: true });
});

it('comes back after growing times while it keeps dying, and after the first time once it was stable', async () => {
  broker = await make(LIVES, { stableTime: 60_000 });
  await broker.start();
  for (const inMs of [1_000, 2_000, 4_000, 8_000, 8_000]) {
    expect(await die()).toEqual({ type: 'restarting', inMs });
    const ready = event('ready');
    await clock.advance(inMs);
    await ready;
  }
  await clock.advance(60_000);
  expect(await die()).toEqual({ type: 'restarting', inMs: 1_000 });
});

async function die(): Promise<BrokerEvent> {
  const restarting = event('restarting');
  process.kill(broker.pid ?? 0, 'SIGKILL');
  return restarting;
}

it('tries on when it cannot be started again, and tells why not', async () => {
  broker = await make(LIVES);
  await broker.start();
  await die();
  await setScript(DIES);
  // The answer of management must not come before the end of the process.
  const failed = event('failed');
  broker.operations.management.invoke = () => new Promise(() => undefined);
  await clock.advance(1_000);
  expect((await failed).error).toMatchObject({
    code: 'BROKER_START_FAILED',
    message: 'The broker ended with code 1 before it was ready; it said: AMQ214019: Invalid configuration',
  });
  broker.operations.management.invoke = () => Promise.resolve('2.56.0');
  await setScript(LIVES);
  const ready = event('ready');
  await clock.advance(2_000);
  await ready;
  expect(broker.state).toBe('ready');
});

it('fails the first start with what the broker said, and does not try again', async () => {
  broker = await make(DIES, { management: answering(() => new Promise(() => undefined)) });
  await expect(broker.start()).rejects.toMatchObject({ code: 'BROKER_START_FAILED' });
  await clock.advance(100_000);
  expect(events.map(({ type }) => type)).toEqual(['starting', 'exited']);
});

it('tells a heap that is too small from other reasons', async () => {
  broker = await make('exit 3', { management: answering(() => new Promise(() => undefined)) });
  await expect(broker.start()).rejects.toMatchObject({ code: 'BROKER_OUT_OF_MEMORY' });
});

it('fails when management refuses us', async () => {
  const refusal = new ManagementError('MANAGEMENT_NOT_ALLOWED', 'wrong password');
  broker = await make(LIVES, { management: answering(() => Promise.reject(refusal)) });
  await expect(broker.start()).rejects.toBe(refusal);
  expect(broker.state).toBe('stopped');
});

it('fails when management does not answer in time', async () => {
  let ask: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  const mute = answering(() => {
    ask();
    return Promise.reject(new ManagementError('MANAGEMENT_UNREACHABLE', 'no'));
  });
  broker = await make(LIVES, { management: mute, readyTimeout: 3_000 });
  const start = expect(broker.start()).rejects.toMatchObject({ code: 'BROKER_NOT_READY' });
  await asked;
  await clock.advance(3_000);
  await start;
});

it.each([
  [false, ['starting', 'exited']],
  [true, ['starting']],
])('does not wait for the lock of another broker, but when it is a standby (%s)', async (standby, types) => {
  const waits = `${say('AMQ221034: Waiting indefinitely')}\n${LIVES}`;
  broker = await make(waits, { standby, management: answering(() => new Promise(() => undefined)) });
  const start = broker.start().catch((error: unknown) => error);
  await said('args');
  await clock.advance(10_000);
  if (!standby) expect(await start).toMatchObject({ code: 'BROKER_INSTANCE_LOCKED' });
  expect(events.map(({ type }) => type)).toEqual(types);
});

it('can be stopped, or given up, while it starts', async () => {
  const mute = answering(() => new Promise(() => undefined));
  broker = await make(LIVES, { management: mute });
  const start = broker.start().catch((error: unknown) => error);
  await said('args');
  await broker.stop();
  expect(await start).toMatchObject({ code: 'BROKER_STOPPED' });

  const enough = new AbortController();
  broker = await make(LIVES, { management: mute });
  log.length = 0;
  const other = broker.start(enough.signal).catch((error: unknown) => error);
  await said('args');
  enough.abort(new Error('enough'));
  expect(await other).toMatchObject({ message: 'enough' });
});

it('does not start where another process listens', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '::1', resolve));
  const { port } = server.address() as AddressInfo;
  broker = await make(LIVES, { listens: [{ host: '::1', port }] });
  await expect(broker.start()).rejects.toMatchObject({
    code: 'BROKER_PORT_IN_USE',
    message: expect.stringContaining(`[::1]:${port}`) as string,
  });
  await new Promise((resolve) => server.close(resolve));
});

it('does not start at an address of another machine', async () => {
  broker = await make(LIVES, { listens: [{ host: '192.0.2.1', port: 5671 }] });
  await expect(broker.start()).rejects.toMatchObject({ code: 'BROKER_ADDRESS_UNUSABLE' });
});
