import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { message as amqpMessage } from 'rhea';
import { openAmqp } from '../../sidecar/broker/amqp/open-amqp';
import { isOutcome } from '../../sidecar/broker/probe/amqp-probe';
import { publishNodeInfo } from '../../sidecar/dev-network/add-node';
import { mapFileName } from '../../sidecar/dev-network/layout';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { AttackedNetwork, brokerErrors, PASSWORDS } from './support/attackers';
import { openQueues, withOperations } from './support/queue-counts';
import { until } from './support/until';

jest.setTimeout(240_000);

const MB = 1024 * 1024;
const PEER = 'SystemUsers/Peer';
const BRAVO = { acceptor: 'p2p', shows: 'bravo', user: PEER } as const;
const CHARLIE = { acceptor: 'p2p', shows: 'charlie', user: PEER } as const;
const DAVE = { acceptor: 'p2p', protocol: 'AMQP', shows: 'dave', user: PEER } as const;
const ALICE = { acceptor: 'rpc', shows: 'nothing', user: 'alice', password: PASSWORDS.alice } as const;
const BOB = { acceptor: 'rpc', shows: 'nothing', user: 'bob', password: PASSWORDS.bob } as const;
const NODE = { acceptor: 'node', shows: 'alpha', user: 'SystemUsers/Node' } as const;
const REQUESTS = 'rpc.server.from.alice';

let net: AttackedNetwork;
beforeAll(async () => {
  net = await AttackedNetwork.start(MB);
});
afterAll(async () => net.stop());

const ingress = (from: string): string => cordaAddresses.ingress(net.id('alpha'), net.id(from));
const countOf = async (queue: string): Promise<number> => (await openQueues(net.alpha)).counts[queue] ?? 0;
const inbound = (): string => cordaAddresses.inboundQueue(net.id('alpha'));

describe('messages above the limit', () => {
  test.each([2 * MB, 8 * MB, 24 * MB])('%i bytes from a peer: refused, and its connection closed', async (bytes) => {
    const probe = await net.amqp(BRAVO, true);
    const body: unknown = amqpMessage.data_section(Buffer.alloc(bytes));
    const outcome = await probe.send(ingress('bravo'), { body });
    // The broker's word may be lost with the connection, on which the rest of the message is still coming.
    expect([outcome.allowed, ['size', 'protocol'].includes(outcome.at)]).toEqual([false, true]);
    expect(await probe.attachSender(ingress('bravo'))).toMatchObject({ allowed: false });
    expect(await countOf(inbound())).toBe(0);
  });

  test('what is as large as the limit is taken', async () => {
    const before = await countOf(inbound());
    const body: unknown = amqpMessage.data_section(Buffer.alloc(MB));
    const probe = await net.amqp(CHARLIE, true);
    expect(await probe.send(ingress('charlie'), { body, durable: true })).toMatchObject({ allowed: true });
    expect(await countOf(inbound())).toBe(before + 1);
  });

  const variants = [
    ['as they are', REQUESTS, {}],
    ['durable', REQUESTS, { persistent: 'true' }],
    ['said to be small', REQUESTS, { _AMQ_LARGE_SIZE: '1', AMQSize: '1', JMSX_SIZE: '1' }],
    ['durable, said to be small', REQUESTS, { persistent: 'true', _AMQ_LARGE_SIZE: '1' }],
    ['beside their queue', `${REQUESTS}::rpc.server`, {}],
  ] as const;
  test.each(variants.flatMap((variant) => [1.5 * MB, 4 * MB].map((bytes) => [...variant, bytes] as const)))(
    'from a user over STOMP, %s (to %s, %j), %d bytes: among the dead letters',
    async (_what, destination, headers, bytes) => {
      const before = [await countOf('dead-letters'), await countOf('rpc.server')] as const;
      const stomp = net.stomp(ALICE);
      await stomp.send({ ...headers, destination }, Buffer.alloc(bytes));
      stomp.close();
      await until('it is among the dead letters', async () => (await countOf('dead-letters')) === before[0] + 1);
      expect(await countOf('rpc.server')).toBe(before[1]);
    },
  );

  test.each(['the inbound queue', 'a queue of what waits for a peer'])(
    'from the node over STOMP to %s: among the dead letters',
    async (what) => {
      const before = await openQueues(net.alpha);
      const destination = what.startsWith('the') ? ingress('bravo') : cordaAddresses.peerQueue(net.id('bravo'));
      const stomp = net.stomp(NODE);
      await stomp.send({ destination, persistent: 'true' }, Buffer.alloc(3 * MB));
      stomp.close();
      const dead = (before.counts['dead-letters'] ?? 0) + 1;
      await until('it is among the dead letters', async () => (await countOf('dead-letters')) === dead);
      expect((await openQueues(net.alpha)).counts).toEqual({ ...before.counts, 'dead-letters': dead });
    },
  );
});

describe("another user's answers, while he listens", () => {
  const ANSWERS = 'rpc.client.bob.answers';
  let queue = '';
  beforeAll(async () => {
    const bob = await net.amqp(BOB);
    const receiver = await bob.receiver({ address: ANSWERS, capabilities: ['topic'] });
    if (isOutcome(receiver)) throw new Error(`bob may not listen: ${receiver.words}`);
    const own = await withOperations(net.alpha, (operations) =>
      operations.listQueues({ field: 'address', operation: 'EQUALS', value: ANSWERS }),
    );
    queue = own[0]?.name ?? '';
    expect(queue).not.toBe('');
  });

  test.each([
    ['his address', () => ANSWERS],
    ['his queue', () => `${ANSWERS}::${queue}`],
    ['his queue by its name alone', () => queue],
    ['his queue by an address of her own', () => `rpc.client.alice.answers::${queue}`],
    ['a wildcard over users', () => 'rpc.client.*.answers'],
    ['a wildcard over all', () => 'rpc.client.#'],
    ['a deeper address', () => `${ANSWERS}.deeper`],
  ])('alice can neither read nor answer by %s', async (_what, address) => {
    const alice = await net.amqp(ALICE);
    const stomp = { ...ALICE, protocol: 'STOMP' } as const;
    expect(await alice.attachReceiver(address())).toMatchObject({ allowed: false });
    expect(await alice.attachReceiver({ address: address(), capabilities: ['topic'] })).toMatchObject({
      allowed: false,
    });
    expect(await alice.send(undefined, { to: address(), body: 'x' })).toMatchObject({ allowed: false });
    expect(await alice.attachSender(address())).toMatchObject({ allowed: false });
    expect(await net.attempt(stomp, 'consume', address())).toMatchObject({ allowed: false });
    expect(await net.attempt(stomp, 'send', address())).toMatchObject({ allowed: false });
  });

  test('a peer cannot answer him, the node can', async () => {
    const bravo = await net.amqp(BRAVO, true);
    expect(await bravo.attachSender(ANSWERS)).toMatchObject({ at: 'permission' });
    expect(await (await net.amqp(NODE)).attachSender(ANSWERS)).toMatchObject({ allowed: true });
  });
});

describe('the map changes', () => {
  test('who is not on it is refused, and let in as soon as he is, though he was refused before', async () => {
    const dave = await net.makeDave();
    const own = cordaAddresses.ingress(net.id('alpha'), dave.id);
    expect(await net.attempt(DAVE, 'send', own)).toMatchObject({ at: 'login' });
    await publishNodeInfo(dave.dev, [net.alpha.dev]);
    const plannedAt = (): boolean =>
      net.alpha.sidecar.status().live?.changes.some(({ what }) => what.includes(own)) ?? false;
    await until('dave is live', plannedAt);
    expect(await net.attempt(DAVE, 'send', own)).toMatchObject({ allowed: true });
    expect(await net.attempt(DAVE, 'send', ingress('bravo'))).toMatchObject({ at: 'permission' });
  });

  test('who is taken from it while connected can send nothing more, by an open link neither; others are not disturbed', async () => {
    const bravo = await net.amqp(BRAVO, true);
    const charlie = await net.amqp(CHARLIE, true);
    const connection = await openAmqp(net.entrance({ ...BRAVO, protocol: 'AMQP' }));
    const link = await connection.createAwaitableSender({ target: { address: ingress('bravo') } });
    await link.send({ body: 'while on the map', application_properties: { netmap_probe: 'bravo' } });
    await rm(join(net.alpha.dev.files.map, mapFileName('bravo')));
    await until('bravo is refused', async () => !(await bravo.attachSender(ingress('bravo'))).allowed);
    await expect(link.send({ body: 'off the map' })).rejects.toThrow('rejected');
    await connection.close();
    expect(await bravo.send(undefined, { to: ingress('bravo'), body: 'x' })).toMatchObject({ allowed: false });
    expect(await charlie.attachSender(ingress('charlie'))).toMatchObject({ allowed: true });
    await until('bravo cannot log in', async () => {
      const outcome = await net.attempt({ ...BRAVO, protocol: 'AMQP' }, 'send', ingress('bravo'));
      return outcome.at === 'login';
    });
  });
});

test('nothing was dropped: what found no queue is among the dead letters, and no error was logged', async () => {
  const probes = cordaAddresses.probeQueue(net.id('alpha'));
  await until('the proof of the last change has ended', async () => (await countOf(probes)) === 0);
  const { counts, unrouted } = await openQueues(net.alpha);
  const found = Object.values(unrouted).reduce((sum, count) => sum + count, 0);
  // What bravo had marked as a probe found the probe queue, and the proof of the next change has buried it.
  expect(counts['dead-letters']).toBe(found + 1);
  expect(counts[inbound()]).toBe(1);
  expect(brokerErrors(net.alpha).filter((words) => !/AMQ224096 .*not found in map/.test(words))).toEqual([]);
});
