import { ReceiverEvents, type EventContext } from 'rhea-promise';
import { openAmqp } from '../../sidecar/broker/amqp/open-amqp';
import { isOutcome } from '../../sidecar/broker/probe/amqp-probe';
import type { StompHeaders } from '../../sidecar/broker/probe/stomp-probe';
import { hashPassword } from '../../sidecar/config/password-hash';
import {
  connectRpc,
  openRpcServer,
  type RpcClient,
  type RpcProblem,
  type RpcServer,
} from '../../sidecar/control/messaging';
import { RpcUsersFile } from '../../sidecar/control/rpc-users-file';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import type { Protocol } from '../../sidecar/plan/broker-plan';
import { AttackedNetwork, brokerErrors, PASSWORDS } from './support/attackers';
import { openQueues, withOperations } from './support/queue-counts';
import { until } from './support/until';

jest.setTimeout(180_000);

const ALICE = { acceptor: 'rpc', shows: 'nothing', user: 'alice', password: PASSWORDS.alice } as const;
const REQUESTS = 'rpc.server.from.alice';
const OWN = 'rpc.client.alice.answers';
/** By the broker's word: a connection that is lost answers nothing. */
const REFUSED = { allowed: false, words: expect.stringMatching(/AMQ\d|amqp:/) as string };
const BOTH: readonly Protocol[] = ['AMQP', 'STOMP'];

let net: AttackedNetwork;
let server: RpcServer;
let bob: RpcClient;
/** The queue of bob's client, and the address that it is on. */
let bobs: { readonly address: string; readonly queue: string };
const problems: RpcProblem[] = [];

beforeAll(async () => {
  net = await AttackedNetwork.start(1_048_576);
  server = await openRpcServer(({ user, method, body }) => ({ body: `${user} ${method ?? ''} ${body.toString()}` }), {
    configFile: net.alpha.dev.files.config,
    onProblem: (problem) => problems.push(problem),
  });
  bob = await connect('bob', PASSWORDS.bob);
  const [queue] = await queuesBelow('rpc.client.bob.');
  if (queue === undefined) throw new Error('bob has no reply queue');
  bobs = { address: queue.address, queue: queue.name };
}, 240_000);
afterAll(async () => {
  await bob.close({ timeoutMs: 100 });
  await server.close({ timeoutMs: 100 });
  await net.stop();
});

function connect(user: string, password: string): Promise<RpcClient> {
  return connectRpc({
    address: { host: '127.0.0.1', port: net.alpha.config.acceptors.rpc.port },
    user,
    password,
    tls: { roots: net.alpha.material.stores.ownCertificate },
    reconnect: { min: 50, max: 500 },
  });
}

const queuesBelow = (prefix: string) =>
  withOperations(net.alpha, (operations) =>
    operations.listQueues({ field: 'address', operation: 'CONTAINS', value: prefix }),
  );
const connectionsOf = (user: string) =>
  withOperations(net.alpha, async (operations) =>
    (await operations.connections()).filter(({ users }) => users.includes(user)).map(({ id }) => id),
  );

/** One request of alice's, and the answer that comes to `replyTo` where she may read that. */
async function ask(protocol: Protocol, id: string, replyTo: string | undefined, more: object = {}): Promise<void> {
  if (protocol === 'AMQP') {
    const probe = await net.amqp(ALICE);
    const message = { message_id: id, body: 'x', ...(replyTo === undefined ? {} : { reply_to: replyTo }), ...more };
    expect(await probe.send(REQUESTS, message)).toMatchObject({ allowed: true });
    return;
  }
  const stomp = net.stomp(ALICE);
  const headers = {
    destination: REQUESTS,
    'message-id': id,
    ...(replyTo === undefined ? {} : { 'reply-to': replyTo }),
  };
  expect(await stomp.send({ ...headers, ...more, case: id }, 'x')).toMatchObject({ allowed: true });
  stomp.close();
}

describe('what a user may do', () => {
  test('over AMQP: make his own reply queue, ask, and read the answer', async () => {
    const probe = await net.amqp(ALICE);
    const receiver = await probe.receiver({ address: OWN, capabilities: ['topic'] });
    if (isOutcome(receiver)) throw new Error(receiver.words);
    const answered = new Promise<string>((resolve) => {
      receiver.once(ReceiverEvents.message, ({ message, delivery }: EventContext) => {
        delivery?.accept();
        resolve(String((message?.body as { content: unknown }).content));
      });
    });
    receiver.addCredit(1);
    await ask('AMQP', 'own', OWN);
    expect(await answered).toBe('alice  x');
    // The others try theirs over the same session.
    await receiver.close({ closeSession: false });
  });

  test('over STOMP: the same', async () => {
    const stomp = net.stomp(ALICE);
    const answered = new Promise<string>((resolve) => {
      void stomp.subscribe({ destination: OWN, 'subscription-type': 'MULTICAST', ack: 'auto' }, (_headers, body) =>
        resolve(body.toString()),
      );
    });
    await until('her queue is there', async () => (await queuesBelow(OWN)).length === 1);
    await ask('STOMP', 'own', OWN);
    expect(await answered).toBe('alice  x');
    stomp.close();
  });
});

describe("another user's reply queue", () => {
  const NAMES: readonly [string, () => string][] = [
    ['its address', () => bobs.address],
    ['its queue', () => `${bobs.address}::${bobs.queue}`],
    ['its queue by its name alone', () => bobs.queue],
    ['its queue by an address of her own', () => `${OWN}::${bobs.queue}`],
    ['a guess', () => 'rpc.client.bob.00000000-0000-4000-8000-000000000000'],
    ['all of that user', () => 'rpc.client.bob.#'],
    ['one word of that user', () => 'rpc.client.bob.*'],
    ['all of any user', () => 'rpc.client.*.#'],
    ['all', () => 'rpc.client.#'],
    ['deeper', () => `${bobs.address}.more`],
    ['the user alone', () => 'rpc.client.bob'],
    ['a name that begins alike', () => 'rpc.client.bobby.answers'],
  ];
  test.each(NAMES)('alice can neither read, browse, make nor fill it by %s', async (_what, name) => {
    const address = name();
    const alice = await net.amqp(ALICE);
    for (const capabilities of [undefined, ['topic'], ['queue']]) {
      const source = { address, ...(capabilities === undefined ? {} : { capabilities }) };
      expect(await alice.attachReceiver(source)).toMatchObject(REFUSED);
      expect(await alice.attachReceiver({ ...source, distribution_mode: 'copy' })).toMatchObject(REFUSED);
    }
    expect(await alice.attachSender(address)).toMatchObject(REFUSED);
    expect(await alice.send(undefined, { to: address, body: 'x' })).toMatchObject(REFUSED);
    const types: StompHeaders[] = [{}, { 'subscription-type': 'MULTICAST' }, { 'subscription-type': 'ANYCAST' }];
    for (const type of types) {
      const stomp = net.stomp(ALICE);
      expect(await stomp.subscribe({ destination: address, ...type })).toMatchObject(REFUSED);
      stomp.close();
    }
    for (const action of ['consume', 'create-queue', 'send'] as const)
      expect(await net.attempt({ ...ALICE, protocol: 'STOMP' }, action, address)).toMatchObject(REFUSED);
    // All that over a connection by which she may do what is hers.
    expect(await alice.attachSender(REQUESTS)).toMatchObject({ allowed: true });
    expect(await alice.attachReceiver({ address: OWN, capabilities: ['topic'] })).toMatchObject({ allowed: true });
  });

  test('bob was not disturbed: his queue is the same, with one reader, temporary, and answers come', async () => {
    expect(await queuesBelow('rpc.client.bob')).toMatchObject([
      { name: bobs.queue, temporary: true, durable: false, consumerCount: 1 },
    ]);
    expect((await bob.call('greet', 'me')).body.toString()).toBe('bob greet me');
  });

  test('a durable queue below her own name is refused, too', async () => {
    const alice = await net.amqp(ALICE);
    const durable = { address: OWN, durable: 2, expiry_policy: 'never', capabilities: ['topic'] } as never;
    expect(await alice.attachReceiver(durable)).toMatchObject(REFUSED);
    const stomp = net.stomp(ALICE);
    const kept = { destination: OWN, 'durable-subscription-name': 'kept', 'client-id': 'alice' };
    expect(await stomp.subscribe(kept)).toMatchObject(REFUSED);
    stomp.close();
    expect(await queuesBelow(OWN)).toEqual([]);
  });
});

describe('what is not for users', () => {
  const CLOSED = [
    'rpc.server.from.bob',
    'rpc.server.from.#',
    'rpc.server.from.*',
    'rpc.server.from.#::rpc.server',
    'rpc.server.from.alice::rpc.server',
    'rpc.server',
    'activemq.management',
    'activemq.notifications',
    '$sys.mqtt.sessions',
    'dead-letters',
    'dead-letters::dead-letters',
    'expired',
    'internal.#',
    'p2p.inbound.#',
    '#',
  ];
  const PEERS = [
    (): string => cordaAddresses.inboundWildcard(net.id('alpha')),
    () => cordaAddresses.ingress(net.id('alpha'), net.id('bravo')),
    () => cordaAddresses.inboundSource(net.id('alpha')),
    () => cordaAddresses.peerQueue(net.id('bravo')),
  ];
  const all: readonly [string, () => string][] = [
    ...CLOSED.map((name): [string, () => string] => [name, () => name]),
    ...PEERS.map((name, index): [string, () => string] => [`an address of peers (${index + 1})`, name]),
  ];
  test.each(all)('%s can neither be read nor sent to', async (name, address) => {
    const alice = await net.amqp(ALICE);
    expect(await alice.attachReceiver(address())).toMatchObject(REFUSED);
    // Her own ingress address with a queue beside it is her own still: the queue is the one that requests go to anyway.
    const isOwn = name === 'rpc.server.from.alice::rpc.server';
    expect(await alice.attachSender(address())).toMatchObject(isOwn ? { allowed: true } : REFUSED);
    expect(await net.attempt({ ...ALICE, protocol: 'STOMP' }, 'consume', address())).toMatchObject(REFUSED);
    expect(await net.attempt({ ...ALICE, protocol: 'STOMP' }, 'send', address())).toMatchObject(
      isOwn ? { allowed: true } : REFUSED,
    );
  });
});

describe('sending as another', () => {
  const FORGED: readonly [string, Protocol, object][] = [
    ['to', 'AMQP', { to: 'rpc.server.from.bob' }],
    ['user-id', 'AMQP', { user_id: Buffer.from('bob') }],
    [
      'everything',
      'AMQP',
      {
        to: 'rpc.server.from.bob',
        user_id: Buffer.from('bob'),
        application_properties: {
          _AMQ_VALIDATED_USER: 'bob',
          JMSXUserID: 'bob',
          _AMQ_ORIG_ADDRESS: 'rpc.server.from.bob',
        },
        message_annotations: { 'x-opt-ORIG-ADDRESS': 'rpc.server.from.bob', 'x-opt-to': 'rpc.server.from.bob' },
      },
    ],
    [
      'headers',
      'STOMP',
      { to: 'rpc.server.from.bob', 'user-id': 'bob', _AMQ_VALIDATED_USER: 'bob', JMSXUserID: 'bob' },
    ],
  ];
  test.each(FORGED)(
    'by a forged %s over %s: she is alice to the server, and bob gets no answer of hers',
    async (what, protocol, forged) => {
      const before = problems.length;
      const to = `rpc.client.alice.forged-${protocol}-${what}`;
      await ask(protocol, what, to, forged);
      // Nobody listens there: the server tells whose answer was lost.
      await until('the server has answered', () => problems.length > before);
      expect(problems.at(-1)).toMatchObject({ kind: 'lost', user: 'alice' });
      await ask(protocol, what, bobs.address, forged);
      await until('the server has refused', () => problems.length > before + 1);
      expect(problems.at(-1)).toMatchObject({ kind: 'refused', user: 'alice' });
    },
  );
});

describe('a reply queue that is not hers', () => {
  const WRONG: readonly [string, () => string | undefined][] = [
    ["bob's", () => bobs.address],
    ["bob's, by her own address", () => `${OWN}::${bobs.queue}`],
    ['all of hers', () => 'rpc.client.alice.#'],
    ['any of hers', () => 'rpc.client.alice.*'],
    ['two words below hers', () => 'rpc.client.alice.bob.answers'],
    ['a name that begins like hers', () => 'rpc.client.alice2.answers'],
    ['an inbound address', () => cordaAddresses.ingress(net.id('alpha'), net.id('alpha'))],
    ['what waits for a peer', () => cordaAddresses.peerQueue(net.id('bravo'))],
    ['dead letters', () => 'dead-letters'],
    ['management', () => 'activemq.management'],
    ['the request queue', () => 'rpc.server.from.bob'],
    ['none', () => undefined],
  ];
  test.each(WRONG.flatMap(([what, address]) => BOTH.map((protocol) => [what, protocol, address] as const)))(
    '%s over %s: the server refuses',
    async (what, protocol, address) => {
      const before = problems.length;
      const { refused } = server.counts;
      const queues = await openQueues(net.alpha);
      await ask(protocol, `wrong ${what}`, address());
      await until('the server has refused', () => problems.length > before);
      expect(problems.slice(before)).toMatchObject([{ kind: 'refused', user: 'alice' }]);
      expect(server.counts.refused).toBe(refused + 1);
      expect(await openQueues(net.alpha)).toEqual(queues);
    },
  );
});

describe('logins that change while their users are connected', () => {
  const users = (): RpcUsersFile => RpcUsersFile.of(net.alpha.config);
  const attempt = (protocol: Protocol, password: string) =>
    net.attempt({ ...ALICE, password, protocol }, 'send', REQUESTS);

  test('a password: the old one is refused over both protocols, what was open with it is closed; the new one is let in', async () => {
    const alice = await connect('alice', PASSWORDS.alice);
    const before = await connectionsOf('bob');
    await users().edit({ kind: 'passwd', name: 'alice', passwordHash: await hashPassword('changed') });
    await until('her connections are closed', async () => (await connectionsOf('alice')).length === 0);
    for (const protocol of BOTH) {
      expect(await attempt(protocol, PASSWORDS.alice)).toMatchObject({ at: 'login' });
      expect(await attempt(protocol, 'changed')).toMatchObject({ allowed: true });
    }
    await expect(alice.call('greet', 'x', { timeoutMs: 1_000 })).rejects.toMatchObject({ code: 'REQUEST_TIMEOUT' });
    await alice.close();
    expect(await connectionsOf('bob')).toEqual(before);
    expect((await bob.call('still', 'there')).body.toString()).toBe('bob still there');
  });

  test('removed: whatever he has open is closed, and he can neither send, receive nor come again', async () => {
    const entrance = net.entrance({ ...ALICE, password: 'changed', protocol: 'AMQP' });
    const before = await connectionsOf('bob');
    const client = await connect('alice', 'changed');
    const connection = await openAmqp(entrance);
    const sender = await connection.createAwaitableSender({ target: { address: REQUESTS } });
    await sender.send({ body: 'while she may', reply_to: OWN });
    const receiver = await connection.createReceiver({ source: { address: OWN, capabilities: ['topic'] } });
    // One that has logged in, and has opened no session that the broker could know her by.
    const silent = await openAmqp(entrance);
    const stomp = net.stomp({ ...ALICE, password: 'changed' });
    expect(await stomp.send({ destination: REQUESTS, 'reply-to': OWN }, 'x')).toMatchObject({ allowed: true });
    expect((await connectionsOf('alice')).length).toBeGreaterThanOrEqual(3);

    await users().edit({ kind: 'remove', name: 'alice' });
    await until('her connections are closed', async () => (await connectionsOf('alice')).length === 0);
    await until('her client knows', () => !connection.isOpen() && client.state.phase === 'reconnecting');
    await expect(sender.send({ body: 'x' }, { timeoutInSeconds: 2 })).rejects.toThrow();
    expect(receiver.isOpen()).toBe(false);
    await expect(client.call('greet', 'x', { timeoutMs: 1_000 })).rejects.toMatchObject({
      code: 'REQUEST_TIMEOUT',
      message: expect.stringContaining('does not let alice in') as string,
    });
    const late = silent.createAwaitableSender({ target: { address: REQUESTS } });
    await expect(late.then((link) => link.send({ body: 'x' }, { timeoutInSeconds: 5 }))).rejects.toMatchObject({
      condition: 'amqp:unauthorized-access',
    });
    for (const protocol of BOTH) expect(await attempt(protocol, 'changed')).toMatchObject({ at: 'login' });
    expect(await queuesBelow('rpc.client.alice')).toEqual([]);
    expect(await connectionsOf('bob')).toEqual(before);
    expect((await bob.call('still', 'there')).body.toString()).toBe('bob still there');
    await client.close();
    stomp.close();
    await Promise.allSettled([connection.close(), silent.close()]);
  });

  test('added again: he is let in within seconds, though he was refused before', async () => {
    const began = Date.now();
    await users().edit({ kind: 'add', name: 'alice', passwordHash: await hashPassword('third') });
    await until('alice is let in', async () => (await attempt('AMQP', 'third')).allowed);
    expect(Date.now() - began).toBeLessThan(30_000);
    expect(await attempt('STOMP', 'third')).toMatchObject({ allowed: true });
    expect(await attempt('STOMP', 'changed')).toMatchObject({ at: 'login' });
  });
});

test('the broker has logged no error', () => {
  // Each proof of a change tries a protocol that the acceptor does not speak.
  expect(brokerErrors(net.alpha).filter((words) => !/AMQ224096 .*not found in map/.test(words))).toEqual([]);
});
