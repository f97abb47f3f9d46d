import { randomBytes } from 'node:crypto';
import { message as amqpMessage, types } from 'rhea';
import type { Message } from 'rhea-promise';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { AttackedNetwork, brokerErrors, PASSWORDS } from './support/attackers';
import { CASE, CaseInbox, digestOf } from './support/case-inbox';
import { openQueues } from './support/queue-counts';
import { until } from './support/until';

jest.setTimeout(300_000);

const KB = 1024;
const MB = 1024 * KB;
const PEER = 'SystemUsers/Peer';
const BRAVO = { acceptor: 'p2p', shows: 'bravo', user: PEER } as const;
const CHARLIE = { acceptor: 'p2p', shows: 'charlie', user: PEER } as const;
const ALICE = { acceptor: 'rpc', shows: 'nothing', user: 'alice', password: PASSWORDS.alice } as const;

let net: AttackedNetwork;
let inbox: CaseInbox;
let requests: CaseInbox;
const ingress = (from: string): string => cordaAddresses.ingress(net.id('alpha'), net.id(from));
const inboundQueue = (): string => cordaAddresses.inboundQueue(net.id('alpha'));

beforeAll(async () => {
  net = await AttackedNetwork.start(30 * MB);
  const node = await net.amqp({ acceptor: 'node', shows: 'alpha', user: 'SystemUsers/Node' });
  inbox = await CaseInbox.open(node, `${cordaAddresses.inboundWildcard(net.id('alpha'))}::${inboundQueue()}`);
  const server = await net.amqp({ acceptor: 'rpc-admin', shows: 'alpha', user: 'SystemUsers/NodeRPC' });
  requests = await CaseInbox.open(server, 'rpc.server.from.#::rpc.server');
});
afterAll(async () => net.stop());

/** Ids of the broker's first queues as its internal routing property lists them. */
function queueIds(): Buffer {
  const ids = Buffer.alloc(8 * 200);
  for (let id = 0; id < 200; id += 1) ids.writeBigInt64BE(BigInt(id), id * 8);
  return ids;
}

/** One Data section, as bodies have to be. */
const dataSection = (body: Buffer): unknown => amqpMessage.data_section(body);
/** The library's type says text, the protocol says binary. */
const binary = (text: string): string => Buffer.from(text) as unknown as string;

type Forgery = (charlie: string) => Partial<Message>;

/** What bravo puts into a message to pass for charlie, or to bring it elsewhere. */
const FORGERIES: Readonly<Record<string, Forgery>> = {
  'the address in to': (charlie) => ({ to: charlie }),
  'a user id': () => ({ user_id: binary('O=Charlie, L=Paris, C=FR') }),
  'the validated user': () => ({
    application_properties: { _AMQ_VALIDATED_USER: 'peer.charlie', JMSXUserID: 'peer.charlie' },
  }),
  annotations: (charlie) => ({
    message_annotations: {
      'x-opt-to': charlie,
      'x-opt-ingress-time': types.wrap_long(1),
      'x-opt-jms-dest': types.wrap_byte(1),
    },
  }),
  'the original address': (charlie) => ({
    application_properties: {
      _AMQ_ORIG_ADDRESS: charlie,
      _AMQ_ORIG_QUEUE: 'dead-letters',
      _AMQ_ORIG_MESSAGE_ID: types.wrap_long(1),
    },
    message_annotations: { 'x-opt-ORIG-ADDRESS': charlie, 'x-opt-ORIG-QUEUE': 'dead-letters' },
  }),
  everything: (charlie) => ({
    to: charlie,
    reply_to: charlie,
    subject: charlie,
    group_id: charlie,
    user_id: binary('O=Charlie, L=Paris, C=FR'),
    application_properties: { _AMQ_VALIDATED_USER: 'peer.charlie', _AMQ_ORIG_ADDRESS: charlie, to: charlie },
    message_annotations: { 'x-opt-to': charlie, 'x-opt-ORIG-ADDRESS': charlie },
    delivery_annotations: { 'x-opt-to': charlie },
  }),
  'ids of queues to be routed to': () => ({
    application_properties: { _AMQ_ROUTE_TO: queueIds(), _AMQ_ROUTE_TO_QUEUE: queueIds() },
  }),
  'annotations with ids of queues': () => ({
    message_annotations: { _AMQ_ROUTE_TO: queueIds(), 'x-opt-ROUTE_TO': queueIds() },
  }),
  'the header of another protocol': (charlie) => ({
    application_properties: { destination: charlie, _AMQ_ADDRESS: charlie, JMSDestination: charlie },
  }),
};

const SIZES = [
  ['1 KB', KB],
  ['1 MB', MB],
  ['20 MB', 20 * MB],
] as const;
/** Each forgery in each size, but of the largest, which takes seconds, those named alone. */
function ofSizes(names: readonly string[], ...largest: string[]): [string, string, number][] {
  return SIZES.flatMap(([size, bytes]) =>
    names
      .filter((name) => bytes < 20 * MB || largest.includes(name))
      .map((name): [string, string, number] => [name, size, bytes]),
  );
}

function forged(what: string, name: string, body: Buffer): Message {
  const { application_properties, ...rest } = FORGERIES[what]?.(ingress('charlie')) ?? {};
  return {
    durable: true,
    ...rest,
    application_properties: { ...application_properties, [CASE]: name },
    body: dataSection(body),
  };
}

describe('a peer forges over AMQP', () => {
  test.each(
    ofSizes(
      Object.keys(FORGERIES),
      'the address in to',
      'a user id',
      'the validated user',
      'annotations',
      'everything',
    ),
  )('%s in a message of %s: its own address is shown, and its body intact', async (what, size, bytes) => {
    const body = randomBytes(bytes);
    const name = `${what} ${size}`;
    const probe = await net.amqp(BRAVO);
    expect(await probe.send(ingress('bravo'), forged(what, name, body))).toMatchObject({ allowed: true });
    const [arrived] = await inbox.of(name);
    expect(arrived).toMatchObject({ message: { to: ingress('bravo') }, digest: digestOf(body) });
  });

  test.each(Object.keys(FORGERIES).filter((what) => !/to$|everything/.test(what) || what.includes('routed')))(
    '%s by the anonymous relay: its own address is shown',
    async (what) => {
      const name = `relayed ${what}`;
      const message = { ...forged(what, name, Buffer.from(what)), to: ingress('bravo') };
      expect(await (await net.amqp(BRAVO)).send(undefined, message)).toMatchObject({ allowed: true });
      expect((await inbox.of(name))[0]?.message.to).toBe(ingress('bravo'));
    },
  );

  test('a queue beside the address: only what names the sender is before it', async () => {
    const target = `${ingress('bravo')}::${inboundQueue()}`;
    const message = forged('the address in to', 'qualified', Buffer.from('x'));
    expect(await (await net.amqp(BRAVO)).send(target, message)).toMatchObject({ allowed: true });
    expect((await inbox.of('qualified'))[0]?.message.to).toBe(target);
  });

  test.each(['dead-letters', 'expired', 'rpc.server', 'no.such.queue'])(
    'the queue %s beside its own address: dead letters',
    async (queue) => {
      const before = await deadLetters();
      const outcome = await (
        await net.amqp(BRAVO)
      ).send(`${ingress('bravo')}::${queue}`, forged('the address in to', 'beside', Buffer.from('x')));
      expect([await deadLetters(), inbox.count('beside')]).toEqual([before + (outcome.allowed ? 1 : 0), 0]);
    },
  );

  test('a mark of the sidecar: it goes to the probe queue, not to the application', async () => {
    const before = await openQueues(net.alpha);
    const message = { body: 'x', application_properties: { netmap_probe: 'forged', [CASE]: 'probe' } };
    expect(await (await net.amqp(BRAVO)).send(ingress('bravo'), message)).toMatchObject({ allowed: true });
    const after = await openQueues(net.alpha);
    const probes = cordaAddresses.probeQueue(net.id('alpha'));
    expect(after.counts).toEqual({ ...before.counts, [probes]: 1 });
    expect(inbox.count('probe')).toBe(0);
  });
});

describe('a routing type that the address has not', () => {
  test.each([
    ['x-opt-jms-dest', 0],
    ['x-opt-routing-type', 1],
  ])('%s of %i over AMQP: refused, or among the dead letters', async (annotation, value) => {
    const before = await deadLetters();
    const message = {
      message_annotations: { [annotation]: types.wrap_byte(value) as unknown },
      application_properties: { [CASE]: annotation },
      to: ingress('bravo'),
      body: 'x',
    };
    const probe = await net.amqp(BRAVO);
    const outcomes = [await probe.send(ingress('bravo'), message), await probe.send(undefined, message)];
    const accepted = outcomes.filter(({ allowed }) => allowed).length;
    await until('all that was accepted is somewhere', async () => {
      return (await deadLetters()) - before + inbox.count(annotation) === accepted;
    });
  });

  test.each<Record<string, string>>([{ _AMQ_ROUTING_TYPE: '1' }, { 'destination-type': 'ANYCAST' }])(
    '%p over STOMP: refused, or among the dead letters',
    async (header) => {
      const before = await deadLetters();
      const name = JSON.stringify(header);
      const stomp = net.stomp(ALICE);
      const { allowed } = await stomp.send({ ...header, destination: 'rpc.server.from.alice', [CASE]: name }, 'x');
      stomp.close();
      await until('it is somewhere, if it was accepted', async () => {
        return (await deadLetters()) - before + requests.count(name) === Number(allowed);
      });
    },
  );
});

describe('duplicate ids', () => {
  test('one peer cannot swallow what another sends with the same id', async () => {
    for (const [attacker, from] of [
      [BRAVO, 'bravo'],
      [CHARLIE, 'charlie'],
      [BRAVO, 'bravo'],
    ] as const) {
      const message = {
        durable: true,
        body: 'x',
        application_properties: { _AMQ_DUPL_ID: 'the same', [CASE]: 'duplicate' },
      };
      expect(await (await net.amqp(attacker)).send(ingress(from), message)).toMatchObject({ allowed: true });
    }
    await (
      await net.amqp(CHARLIE)
    ).send(ingress('charlie'), { body: 'x', application_properties: { [CASE]: 'after duplicates' } });
    await inbox.of('after duplicates');
    const arrived = (await inbox.of('duplicate', 2)).map(({ message }) => message.to);
    expect(arrived).toEqual([ingress('bravo'), ingress('charlie')]);
  });
});

describe('an RPC user forges', () => {
  const HEADERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    to: { to: 'rpc.server.from.bob' },
    'the validated user': { _AMQ_VALIDATED_USER: 'bob', JMSXUserID: 'bob', 'user-id': 'bob' },
    'the original address': { _AMQ_ORIG_ADDRESS: 'rpc.server.from.bob', _AMQ_ORIG_QUEUE: 'bob' },
    'the ingress': { _AMQ_INGRESS_TIMESTAMP: '1', 'ingress-timestamp': '1' },
    everything: {
      to: 'rpc.server.from.bob',
      _AMQ_VALIDATED_USER: 'bob',
      address: 'rpc.server.from.bob',
      sender: 'bob',
    },
  };
  test.each(ofSizes(Object.keys(HEADERS), 'everything'))(
    '%s over STOMP in a message of %s: his own address is shown, and his body intact',
    async (what, size, bytes) => {
      const name = `stomp ${what} ${size}`;
      const body = randomBytes(bytes);
      const stomp = net.stomp(ALICE);
      const headers = { ...HEADERS[what], destination: 'rpc.server.from.alice', [CASE]: name, persistent: 'true' };
      expect(await stomp.send(headers, body)).toMatchObject({ allowed: true });
      stomp.close();
      const [arrived] = await requests.of(name);
      expect(arrived).toMatchObject({ message: { to: 'rpc.server.from.alice' }, digest: digestOf(body) });
    },
  );

  test.each(SIZES)('to, user id and properties over AMQP in a message of %s', async (size, bytes) => {
    const name = `rpc amqp ${size}`;
    const body = randomBytes(bytes);
    const message = {
      to: 'rpc.server.from.bob',
      user_id: binary('bob'),
      application_properties: { _AMQ_VALIDATED_USER: 'bob', [CASE]: name },
      message_annotations: { 'x-opt-ORIG-ADDRESS': 'rpc.server.from.bob' },
      body: dataSection(body),
    };
    expect(await (await net.amqp(ALICE)).send('rpc.server.from.alice', message)).toMatchObject({ allowed: true });
    const [arrived] = await requests.of(name);
    expect(arrived).toMatchObject({ message: { to: 'rpc.server.from.alice' }, digest: digestOf(body) });
  });
});

describe('afterwards', () => {
  test('nothing was dropped: what found no queue is among the dead letters', async () => {
    const { counts, unrouted } = await openQueues(net.alpha);
    const dead = counts['dead-letters'] ?? 0;
    expect(Object.keys(counts).filter((queue) => !/^dead-letters|^netmap\.probe/.test(queue))).toEqual([]);
    expect(Object.values(unrouted).reduce((sum, count) => sum + count, 0)).toBe(dead);
  });

  test('the broker has logged no error', () => {
    expect(brokerErrors(net.alpha).filter((words) => !/AMQ224096 .*not found in map/.test(words))).toEqual([]);
  });
});

async function deadLetters(): Promise<number> {
  return (await openQueues(net.alpha)).counts['dead-letters'] ?? 0;
}
