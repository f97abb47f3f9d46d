import { connect } from 'node:net';
import type { RefusalPoint } from '../../sidecar/broker/probe/outcome';
import type { Protocol } from '../../sidecar/plan/broker-plan';
import { ADDRESSES, type AddressName } from './support/attacked-addresses';
import { AttackedNetwork, brokerErrors, PASSWORDS, type Attacker, type Shown } from './support/attackers';
import { openQueues } from './support/queue-counts';

jest.setTimeout(240_000);

let net: AttackedNetwork;
beforeAll(async () => {
  net = await AttackedNetwork.start(1_048_576);
});
afterAll(async () => net.stop());

const NODE = 'SystemUsers/Node';
const RPC = 'SystemUsers/NodeRPC';
const PEER = 'SystemUsers/Peer';
const NAMES = Object.keys(ADDRESSES) as AddressName[];
const BRAVO = { acceptor: 'p2p', shows: 'bravo', user: PEER } as const;
const CHARLIE = { acceptor: 'p2p', shows: 'charlie', user: PEER } as const;
const ALICE = { acceptor: 'rpc', shows: 'nothing', user: 'alice', password: PASSWORDS.alice } as const;
const RPC_SERVER = { acceptor: 'rpc-admin', shows: 'alpha', user: RPC } as const;

/** Where nobody made an address or queue of that name. */
const ABSENT: readonly AddressName[] = [
  'the ingress of somebody who is not there',
  'an ingress below its own',
  'the inbound queue by its own name',
  'the inbound queue by its bare name',
  'the probe queue by its bare name',
  'all that waits for peers',
  'no address that there is',
  'everything',
];
/** Over AMQP a receiver is told first that the queue is not one of that address. */
const NOT_OF_ADDRESS: readonly AddressName[] = [
  "the inbound queue by bravo's ingress",
  "the inbound queue by charlie's ingress",
  'management',
];

type Verdict = RefusalPoint | '-';
const verdicts = (
  found: Partial<Record<AddressName, Verdict>>,
  absent: readonly AddressName[] = ABSENT,
): [AddressName, Verdict][] =>
  NAMES.map((name) => [name, found[name] ?? (absent.includes(name) ? 'address' : 'permission')]);

describe('a peer, by its real certificate', () => {
  const own = { "bravo's ingress": '-', "the inbound queue by bravo's ingress": '-' } as const;

  test.each(verdicts(own))('sending to %s ends at: %s', async (name, at) => {
    const probe = await net.amqp(BRAVO);
    expect(await probe.attachSender(ADDRESSES[name](net))).toMatchObject({ at });
  });

  // To its management address the broker fails before it comes to permissions.
  test.each(verdicts({ ...own, management: 'protocol' }))(
    'sending by the anonymous relay to %s ends at: %s',
    async (name, at) => {
      const probe = await net.amqp(BRAVO);
      expect(await probe.send(undefined, { to: ADDRESSES[name](net), body: 'relayed' })).toMatchObject({ at });
    },
  );

  test.each(verdicts({}, [...ABSENT, ...NOT_OF_ADDRESS]))('reading %s ends at: %s', async (name, at) => {
    const probe = await net.amqp(BRAVO);
    expect(await probe.attachReceiver(ADDRESSES[name](net))).toMatchObject({ at });
  });

  test.each(verdicts({}, [...ABSENT, ...NOT_OF_ADDRESS]))('browsing %s ends at: %s', async (name, at) => {
    const probe = await net.amqp(BRAVO);
    const source = { address: ADDRESSES[name](net), distribution_mode: 'copy' } as never;
    expect(await probe.attachReceiver(source)).toMatchObject({ at });
  });

  test.each([
    ['a queue of its own', { dynamic: true }, 'permission'],
    ['a temporary queue', { dynamic: true, capabilities: ['temporary-queue'] }, 'permission'],
    ['a temporary topic', { dynamic: true, capabilities: ['temporary-topic'] }, 'permission'],
    ['an anycast queue', { address: 'made.by.bravo', capabilities: ['queue'] }, 'address'],
    ['a multicast queue', { address: 'made.by.bravo', capabilities: ['topic'] }, 'address'],
  ])('making %s is refused', async (_what, source, at) => {
    const probe = await net.amqp(BRAVO);
    expect(await probe.attachReceiver(source as never)).toMatchObject({ at });
  });

  test.each(verdicts({ "charlie's ingress": '-', "the inbound queue by charlie's ingress": '-' }))(
    'a second peer after the first, sending to %s ends at: %s',
    async (name, at) => {
      await (await net.amqp(BRAVO)).attachSender(ADDRESSES["bravo's ingress"](net));
      const probe = await net.amqp(CHARLIE);
      expect(await probe.attachSender(ADDRESSES[name](net))).toMatchObject({ at });
    },
  );
});

describe('an RPC user, by his real password', () => {
  test.each(verdicts({ "alice's requests": '-' }))('sending over AMQP to %s ends at: %s', async (name, at) => {
    const probe = await net.amqp(ALICE);
    expect(await probe.attachSender(ADDRESSES[name](net))).toMatchObject({ at });
  });

  test.each(verdicts({}, [...ABSENT, ...NOT_OF_ADDRESS]))('reading over AMQP %s ends at: %s', async (name, at) => {
    const probe = await net.amqp(ALICE);
    expect(await probe.attachReceiver(ADDRESSES[name](net))).toMatchObject({ at });
  });

  test.each(verdicts({ "alice's requests": '-' }))('sending over STOMP to %s ends at: %s', async (name, at) => {
    expect(await net.attempt({ ...ALICE, protocol: 'STOMP' }, 'send', ADDRESSES[name](net))).toMatchObject({ at });
  });

  test.each(verdicts({}))('reading over STOMP %s ends at: %s', async (name, at) => {
    expect(await net.attempt({ ...ALICE, protocol: 'STOMP' }, 'consume', ADDRESSES[name](net))).toMatchObject({ at });
  });

  test.each<Protocol>(['AMQP', 'STOMP'])('asking management over %s is refused', async (protocol) => {
    expect(await net.attempt({ ...ALICE, protocol }, 'manage', '')).toMatchObject({ at: 'permission' });
  });
});

describe("the node's RPC server", () => {
  const rpc = { 'all requests': '-', 'the request queue': '-' } as const;

  test.each(verdicts(rpc))('sending over AMQP to %s ends at: %s', async (name, at) => {
    const probe = await net.amqp(RPC_SERVER);
    expect(await probe.attachSender(ADDRESSES[name](net))).toMatchObject({ at });
  });

  test.each(verdicts({ 'the request queue': '-' }, [...ABSENT, ...NOT_OF_ADDRESS]))(
    'reading over AMQP %s ends at: %s',
    async (name, at) => {
      const probe = await net.amqp(RPC_SERVER);
      expect(await probe.attachReceiver(ADDRESSES[name](net))).toMatchObject({ at });
    },
  );

  test.each(verdicts({ 'the request queue': '-' }))('reading over STOMP %s ends at: %s', async (name, at) => {
    const access = { ...RPC_SERVER, protocol: 'STOMP' } as const;
    expect(await net.attempt(access, 'consume', ADDRESSES[name](net))).toMatchObject({ at });
  });
});

describe('certificates', () => {
  const strange: Shown[] = [
    'wrong-root',
    'self-signed',
    'expired',
    'not-yet-valid',
    'other-subject',
    'leaf-only',
    'nothing',
  ];
  const pinned: Shown[] = [...strange, 'bravo', 'charlie', 'issued-by-identity', 'common-name-added', 'no-role'];
  const doors = (
    shown: readonly Shown[],
    acceptor: Attacker['acceptor'],
    user: string,
    protocols: Protocol[],
  ): Attacker[] =>
    shown.flatMap((shows) => protocols.map((protocol): Attacker => ({ acceptor, protocol, shows, user })));

  test.each([
    ...doors(strange, 'p2p', PEER, ['AMQP', 'STOMP', 'CORE']),
    ...doors(strange, 'p2p', NODE, ['AMQP']),
    ...doors(pinned, 'node', NODE, ['AMQP', 'STOMP', 'CORE']),
    ...doors(pinned, 'rpc-admin', RPC, ['AMQP', 'STOMP', 'CORE']),
  ])('$shows at $acceptor over $protocol as $user is refused in the handshake', async (attacker) => {
    const outcome = await net.attempt(attacker, 'send', ADDRESSES["bravo's ingress"](net));
    expect(outcome).toMatchObject({ allowed: false, at: 'tls' });
  });

  test("a name inside the node's own, by its CA, is nobody's", async () => {
    const attacker = { acceptor: 'p2p', protocol: 'AMQP', shows: 'common-name-added', user: PEER } as const;
    expect(await net.attempt(attacker, 'send', ADDRESSES["bravo's ingress"](net))).toMatchObject({ at: 'login' });
  });

  // TLS does not know of roles: what a node issues itself, in its own name, is the node.
  test.each(['issued-by-identity', 'no-role'] as const)('%s is no more than the node that issued it', async (shows) => {
    const attacker = { acceptor: 'p2p', protocol: 'AMQP', shows, user: PEER } as const;
    expect(await net.attempt(attacker, 'send', ADDRESSES["bravo's ingress"](net))).toMatchObject({ at: '-' });
    expect(await net.attempt(attacker, 'send', ADDRESSES["charlie's ingress"](net))).toMatchObject({
      at: 'permission',
    });
  });
});

describe('logins', () => {
  const both: Protocol[] = ['AMQP', 'STOMP'];
  const at = (
    acceptor: Attacker['acceptor'],
    shows: Shown,
    protocols: Protocol[],
    users: [string?, string?][],
  ): Attacker[] =>
    protocols.flatMap((protocol) =>
      users.map(([user, password]) => ({
        acceptor,
        protocol,
        shows,
        ...(user === undefined ? {} : { user }),
        ...(password === undefined ? {} : { password }),
      })),
    );
  const strangers: [string?, string?][] = [[], ['nobody'], ['alice', 'wrong'], ['Alice', PASSWORDS.alice]];

  test.each([
    ...at(
      'p2p',
      'bravo',
      ['AMQP'],
      [[NODE], [RPC], [PEER, 'wrong'], ['alice', PASSWORDS.alice], ['', ''], ...strangers],
    ),
    ...at('p2p', 'charlie', ['AMQP'], [[NODE], [RPC]]),
    ...at('node', 'alpha', both, [[NODE, 'wrong'], ['alice', PASSWORDS.alice], ['peer'], ...strangers]),
    ...at('rpc-admin', 'alpha', both, [[RPC, 'wrong'], ['alice', PASSWORDS.alice], ...strangers]),
    ...at('node', 'alpha', ['STOMP'], [[NODE, '']]),
    ...at('rpc', 'nothing', ['STOMP'], [['alice', '']]),
    ...at('rpc', 'nothing', both, [[NODE], [RPC], [PEER], ['bob', PASSWORDS.alice], ...strangers]),
    ...at('rpc', 'bravo', both, [[NODE], [RPC], [PEER], [], ['alice', 'wrong']]),
    ...at('rpc', 'alpha', both, [[NODE], [RPC], [PEER]]),
  ])('$user with password $password at $acceptor over $protocol showing $shows is not let in', async (attacker) => {
    const outcome = await net.attempt(attacker, 'send', ADDRESSES["bravo's ingress"](net));
    expect(outcome).toMatchObject({ allowed: false, at: 'login' });
  });
});

describe('protocols', () => {
  test.each<[Attacker['acceptor'], Protocol, Shown]>([
    ['p2p', 'STOMP', 'bravo'],
    ['p2p', 'CORE', 'bravo'],
    ['rpc', 'CORE', 'nothing'],
  ])('%s does not answer in %s', async (acceptor, protocol, shows) => {
    const outcome = await net.attempt({ acceptor, protocol, shows, user: PEER }, 'send', 'x', 2_000);
    expect(outcome).toMatchObject({ allowed: false, at: 'protocol' });
  });

  test('node answers in CORE', async () => {
    const own = { acceptor: 'node', protocol: 'CORE', shows: 'alpha' } as const;
    expect(await net.attempt(own, 'send', 'x')).toMatchObject({ allowed: true });
  });

  const GREETINGS = {
    AMQP: 'AMQP\0\x01\0\0',
    SASL: 'AMQP\x03\x01\0\0',
    STOMP: 'CONNECT\nhost:x\n\n\0',
    CORE: 'ARTEMIS',
    MQTT: '\x10\x0c\0\x04MQTT',
  };
  const acceptors = ['p2p', 'node', 'rpc', 'rpc-admin'] as const;
  test.each(acceptors.flatMap((acceptor) => Object.keys(GREETINGS).map((greeting) => [acceptor, greeting] as const)))(
    '%s says nothing to %s without TLS',
    async (acceptor, greeting) => {
      const { address } = net.entrance({ acceptor, protocol: 'AMQP', shows: 'plain' });
      expect(await answerTo(address, GREETINGS[greeting as keyof typeof GREETINGS])).toBe('');
    },
  );
});

describe('afterwards', () => {
  test('the queues hold what was let in, and nothing was dropped', async () => {
    expect(await openQueues(net.alpha)).toEqual({
      counts: { [`p2p.inbound.${net.id('alpha')}`]: 2 },
      unrouted: {},
    });
  });

  test('the broker has logged no error but about protocols that an acceptor does not speak', () => {
    expect(brokerErrors(net.alpha).filter((words) => !/AMQ224096 .*not found in map/.test(words))).toEqual([]);
  });
});

/** What comes back within half a second, or before the other side closes. */
function answerTo(address: { host: string; port: number }, greeting: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(address, () => socket.write(Buffer.from(greeting, 'latin1')));
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
    socket.setTimeout(500, () => socket.destroy());
  });
}
