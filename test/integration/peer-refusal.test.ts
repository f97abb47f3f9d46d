import { openDeadLetters, type OpenDeadLetters } from '../../sidecar/control/dead-letters/open';
import { slicesOf, type DeadLetterFilter } from '../../sidecar/control/dead-letters/slices';
import { openMessaging, type Messaging } from '../../sidecar/control/messaging';
import { systemClock } from '../../sidecar/lib/clock';
import { startTestNetwork, type TestNetwork, type TestNode } from './support/node';
import { PeerDoor } from './support/peer-door';
import { until } from './support/until';

jest.setTimeout(400_000);

/** A peer that refuses one message must hold up the rest for no longer than this, on a busy machine too. */
const SECONDS = 60_000;
/** What the sender may send, and what its peer takes. */
const LARGEST = 4_000_000;
const PEERS_LARGEST = 200_000;

let network: TestNetwork;
let [a, b, c]: TestNode[] = [];
let application: Messaging;
let dead: OpenDeadLetters;

beforeAll(async () => {
  network = await startTestNetwork({
    nodes: [
      { name: 'O=Party A,L=London,C=GB', alias: 'a' },
      { name: 'O=Party B,L=Paris,C=FR', alias: 'b' },
      { name: 'O=Party C,L=Rome,C=IT', alias: 'c' },
    ],
    start: ['a', 'b'],
    configure: (config, alias) => ({
      ...config,
      limits: { ...config.limits, maxMessageSize: alias === 'b' ? PEERS_LARGEST : LARGEST },
    }),
  });
  [a, b, c] = ['a', 'b', 'c'].map((alias) => network.node(alias));
  application = await openMessaging({ configFile: node(a).dev.files.config });
  dead = await openDeadLetters(node(a).config, systemClock);
});
afterAll(async () => {
  await dead.close();
  await application.close();
  await network.stop();
});

function node(of: TestNode | undefined): TestNode {
  if (of === undefined) throw new Error('it has not started');
  return of;
}

/** Why the peer refused it, as the log tells. */
function reasons(): unknown[] {
  const lines = node(a).log.map((line) => JSON.parse(line) as { message: string; reason?: string });
  return lines.filter(({ message }) => /into the dead letters/.test(message)).map(({ reason }) => reason);
}

const slices = (filter: DeadLetterFilter) => slicesOf(filter, dead.store.options.settings);

test('a message that makes the broker of the peer end the connection is taken away, and those behind it arrive', async () => {
  const peer = node(b);
  const receiver = await openMessaging({ configFile: peer.dev.files.config });
  const got: string[] = [];
  await receiver.receive(({ body }) => void got.push(body.toString()));
  await application.send(peer.id, { body: 'before' });
  await until('the way is open', () => got.length === 1);
  const began = Date.now();
  await application.send(peer.id, { body: Buffer.alloc(LARGEST / 2), topic: 'poison' });
  for (const body of ['1', '2', '3']) await application.send(peer.id, { body });
  await until('those behind it are there', () => got.length === 4, SECONDS);
  process.stderr.write(`behind a message that ends the connection: ${Date.now() - began} ms\n`);
  expect(got).toEqual(['before', '1', '2', '3']);
  const [letter, ...more] = await dead.store.list({ peer: peer.id }, { skip: 0, limit: 10 });
  expect(more).toEqual([]);
  expect(letter).toMatchObject({ cause: 'refused', direction: 'out', peer: peer.id, topic: 'poison' });
  expect(letter?.body).toHaveLength(LARGEST / 2);
  expect(reasons()).toEqual(['the peer ends the connection each time that it is sent']);
  await receiver.close();
});

test('a message that the peer gives back each time is taken away while others arrive all the time, and can be replayed', async () => {
  const peer = node(c);
  let refuses = true;
  const door = await PeerDoor.open(peer, ({ application_properties: properties }) => {
    return refuses && (properties as Record<string, unknown> | undefined)?.['platform-topic'] === 'poison';
  });
  const began = Date.now();
  await application.send(peer.id, { body: 'poison', topic: 'poison' });
  const sent: string[] = [];
  const send = async (): Promise<void> => {
    const body = String(sent.length);
    sent.push(body);
    await application.send(peer.id, { body });
  };
  await send();
  await until('the first one behind it is there', () => door.taken.includes('0'), SECONDS);
  const first = Date.now() - began;
  await until(
    'it is dead',
    async () => {
      await send();
      return (await dead.store.count({ peer: peer.id })) === 1;
    },
    SECONDS,
  );
  process.stderr.write(
    `given back ${door.refusals} times: the one behind it came after ${first} ms, it was taken away after ${Date.now() - began} ms\n`,
  );
  await until('all others are there', () => sent.every((body) => door.taken.includes(body)), SECONDS);
  expect(door.taken).not.toContain('poison');
  const [letter] = await dead.store.list({ peer: peer.id }, { skip: 0, limit: 10 });
  expect(letter).toMatchObject({ cause: 'refused', direction: 'out', peer: peer.id, topic: 'poison' });
  expect(reasons().at(-1)).toBe('the peer gives it back each time');
  refuses = false;
  expect(await dead.replay.run(slices({ peer: peer.id }), false)).toEqual({ replayed: 1, stayed: [] });
  await until('it is there', () => door.taken.includes('poison'), SECONDS);
  door.close();
});
