import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { message as codec } from 'rhea';
import type { Connection } from 'rhea-promise';
import { connect as connectStomp, type Client } from 'stompit';
import { openAmqp } from '../../sidecar/broker/amqp/open-amqp';
import { amqpInbox } from '../../sidecar/relay/amqp-inbox';
import type { StompRelay } from '../../sidecar/relay/stomp-relay';
import { randomFaults, seeded } from '../interop/reference-server/faults';
import { numbered, numberIn } from '../interop/reference-server/numbered';
import type { ReferenceServer } from '../interop/reference-server/reference-server';
import { RelayWorld } from '../interop/reference-server/relay-world';
import { makeBrokerInstance, PASSWORD, type BrokerInstance } from './support/broker-instance';
import { makeBrokerProcess, type TestBroker } from './support/broker-process';
import { until } from './support/until';

jest.setTimeout(180_000);

const QUEUE = 'peer.1234abcd';
const DEAD = 'dead-letters';
/** Without them a message would wait after each connection that is lost, or be given up after ten. */
const SETTINGS = { maxDeliveryAttempts: -1, redeliveryDelay: 0, deadLetterAddress: DEAD };

const world = new RelayWorld();
let instance: BrokerInstance;
let running: TestBroker;
let server: ReferenceServer;
let relay: StompRelay | undefined;

beforeAll(async () => {
  instance = await makeBrokerInstance({
    core: `<addresses>${[QUEUE, DEAD].map((name) => `<address name="${name}"><anycast><queue name="${name}"/></anycast></address>`).join('')}</addresses>`,
  });
  const lines = Object.entries(SETTINGS).map(([name, value]) => `addressSettings."${QUEUE}".${name}=${value}\n`);
  await appendFile(instance.properties, lines.join(''));
  const xml = join(instance.folder, 'etc', 'broker.xml');
  await writeFile(xml, (await readFile(xml, 'utf8')).replace('protocols=AMQP', 'protocols=AMQP,STOMP'));
  running = await makeBrokerProcess(instance);
  await running.broker.start();
});

beforeEach(async () => {
  server = await world.serve();
});

afterEach(async () => {
  await relay?.stop();
  await world.end();
});

afterAll(async () => {
  await running.broker.stop();
  await instance.remove();
});

const connect = (): Promise<Connection> => {
  const { key, certificate: chain } = instance.tls;
  return openAmqp({
    address: instance.listen,
    user: 'sidecar',
    password: PASSWORD,
    tls: { key, chain, verify: () => undefined },
    timeoutMs: 10_000,
  });
};

async function fill(
  first: number,
  count: number,
  change: { subject?: string; content_type?: string } = {},
): Promise<void> {
  const connection = await connect();
  const sender = await connection.createAwaitableSender({ target: { address: QUEUE } });
  const sends = numbered(count, first).map(
    ({ id, type, contentType, body }) =>
      () =>
        sender.send({
          durable: true,
          ...(id === undefined ? {} : { message_id: id }),
          ...(type === undefined ? {} : { subject: type }),
          ...(contentType === undefined ? {} : { content_type: contentType }),
          body: codec.data_section(body) as unknown,
          ...change,
        }),
  );
  for (let at = 0; at < sends.length; at += 50) await Promise.all(sends.slice(at, at + 50).map((send) => send()));
  await connection.close();
}

function startRelay(): StompRelay {
  relay = world.relay(amqpInbox({ source: QUEUE, connect }), server, {
    retry: { minMs: 50, maxMs: 500, handshakeMinMs: 50, handshakeMaxMs: 500 },
  });
  relay.start();
  return relay;
}

const count = (queue: string): Promise<number> => running.broker.operations.countMessages(queue);
const uniqueStored = (): number[] => [...new Set(server.stored.map(({ body }) => numberIn(body)))];
const upTo = (end: number): number[] => Array.from({ length: end }, (_, at) => at);

test('a queue that was filled before and while the relay runs, through resets and restarts of the peer', async () => {
  server.faults = randomFaults(seeded(7), { 'reset-before': 0.002, 'reset-after': 0.002, restart: 0.001 });
  await fill(0, 2_000);
  startRelay();
  await fill(2_000, 1_000);
  await until('the queue is empty', async () => (await count(QUEUE)) === 0, 60_000);
  expect(uniqueStored()).toEqual(upTo(3_000));
  expect(server.stored.length - 3_000).toBeLessThanOrEqual(relay?.status().doubledPossible ?? 0);
  expect(await count(DEAD)).toBe(0);
});

test('what the peer refuses, and what cannot be sent, is in the dead letters; neighbours are not', async () => {
  await fill(0, 10);
  await fill(10, 1, { subject: 'Other' });
  await fill(11, 10);
  await fill(21, 1, { content_type: 'text/plain' });
  await fill(22, 10);
  startRelay();
  await until('the queue is empty', async () => (await count(QUEUE)) === 0);
  expect(uniqueStored()).toEqual(upTo(32).filter((number) => number !== 10 && number !== 21));
  expect(await count(DEAD)).toBe(2);
  expect(relay?.status()).toMatchObject({ setAside: 2 });
});

test('what an application has put there over STOMP keeps its type and its content type', async () => {
  const { key, certificate: cert, pin: ca } = instance.tls;
  const client = await new Promise<Client>((resolve, reject) => {
    const connectHeaders = { host: '/', login: 'sidecar', passcode: PASSWORD };
    const tls = { ...instance.listen, ssl: true as const, key, cert, ca, checkServerIdentity: () => undefined };
    connectStomp({ ...tls, connectHeaders }, (error, connected) => (error ? reject(error) : resolve(connected)));
  });
  for (const { type, contentType, body } of numbered(3)) {
    const headers = {
      destination: QUEUE,
      'destination-type': 'ANYCAST',
      type,
      'content-type': contentType,
      persistent: 'true',
    };
    client.send({ ...headers, 'content-length': body.length }).end(body);
    client.send(headers).end(body);
  }
  await new Promise<void>((resolve) => client.disconnect(() => resolve()));
  startRelay();
  await until('all are stored', () => server.stored.length === 6);
  expect(server.stored.map(({ type, body }) => [type, numberIn(body)])).toEqual(
    [0, 0, 1, 1, 2, 2].map((number) => ['PrepareTransfer', number]),
  );
});

test('a stop gives what is not confirmed back to its place', async () => {
  await fill(0, 3_000);
  const first = startRelay();
  await until('some are confirmed', () => first.status().confirmed > 300);
  await first.stop();
  const { confirmed } = first.status();
  await until('the rest is in the queue', async () => (await count(QUEUE)) === 3_000 - confirmed);
  startRelay();
  await until('the queue is empty', async () => (await count(QUEUE)) === 0, 60_000);
  expect(server.stored.map(({ body }) => numberIn(body))).toEqual(upTo(3_000));
});

test.each(['restarted', 'killed'])('the own broker is %s: nothing is lost', async (how) => {
  await fill(0, 3_000);
  const dead = await count(DEAD);
  const relaying = startRelay();
  await until('some are confirmed', () => relaying.status().confirmed > 300);
  if (how === 'restarted') await running.broker.restart();
  else {
    const ready = running.next('ready');
    process.kill(running.broker.pid ?? 0, 'SIGKILL');
    await ready;
  }
  await until('the queue is empty', async () => (await count(QUEUE)) === 0, 60_000);
  expect(uniqueStored()).toEqual(upTo(3_000));
  expect(server.stored.length - 3_000).toBeLessThanOrEqual(relaying.status().doubledPossible);
  expect(relaying.status()).toMatchObject({ phase: 'connected', setAside: 0 });
  expect(await count(DEAD)).toBe(dead);
});
