import { message as codec } from 'rhea';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { NodeOperations } from '../integration/support/node-operations';
import { NumberedSender } from '../integration/support/numbered-sender';
import { preparedTransfer, prepareTransfer, requestIn } from '../integration/support/transfers';
import { until } from '../integration/support/until';
import { ReferenceClient } from '../interop/reference-client/reference-client';
import { randomFaults, seeded, type Fault } from '../interop/reference-server/faults';
import { ApplicationLog } from './model/application-log';
import { explainDoubles, type Cut } from './model/doubles';
import { swaptacularChain, type SwaptacularChain } from './model/swaptacular-chain';

const MESSAGES = 10_000;
const SEED = 20_261_122;
const LIMITS = { window: 100, room: 400 };
const RECOVER_MS = 300_000;
const all = Array.from({ length: MESSAGES }, (_, index) => index + 1);

jest.setTimeout(900_000);

const random = seeded(SEED);
let chain: SwaptacularChain;

beforeAll(async () => {
  chain = await swaptacularChain(random);
  await chain.node.start();
});
afterAll(() => chain.stop());

/** Something that goes wrong; resolves when it is over, or at work. */
type Act = readonly [what: string, act: () => Promise<void>];

function shuffled(acts: readonly Act[]): Act[] {
  return acts
    .map((act) => ({ act, key: random() }))
    .sort((one, other) => one.key - other.key)
    .map(({ act }) => act);
}

/** One act after the other, each while messages flow: as many more arrive before the next one, and as many again are sent by then. */
async function through(acts: readonly Act[], sendUpTo: (number: number) => void, arrived: () => number): Promise<void> {
  const step = MESSAGES / (acts.length + 1);
  for (const [index, [what, act]] of acts.entries()) {
    const due = Math.floor(step * (index + random()));
    sendUpTo(Math.min(MESSAGES, Math.ceil(due + step)));
    await until(`messages flow before: ${what}`, () => arrived() > due, RECOVER_MS);
    await act();
  }
  sendUpTo(MESSAGES);
  await until('every message has arrived', () => arrived() >= MESSAGES, RECOVER_MS);
}

async function nothingIsLeft(): Promise<void> {
  const operations = new NodeOperations(chain.access);
  const left = async (): Promise<string[]> => {
    const queues = await operations.filledQueues('');
    return queues.filter((name) => /^(?:p2p\.|internal\.|netmap\.received$|dead-letters|expired)/.test(name));
  };
  await until('nothing is left on its way', async () => (await left()).length === 0);
  await operations.close();
}

test('out: 10,000 messages through kills, restarts, resets, ERRORs, lost receipts and a link that is half open', async () => {
  const { node, server, wayOut, access, ids } = chain;
  const cuts: Cut[] = [];
  const note = (what: string, connection?: number): void =>
    void cuts.push({ what, connection, at: server.stored.length });
  const seen = new Set<number>();
  let read = 0;
  const arrived = (): number => {
    for (; read < server.stored.length; read += 1) seen.add(requestIn(server.stored[read]?.body ?? ''));
    return seen.size;
  };
  const sender = new NumberedSender({
    ...{ access, run: 'out', to: cordaAddresses.peerQueue(ids.peer) },
    message: (number) => ({
      subject: 'PreparedTransfer',
      content_type: 'application/json',
      body: codec.data_section(preparedTransfer(number)) as unknown,
    }),
  });
  /** The peer does this to so many messages of a thousand, until some hundreds have arrived. */
  const spell = async (chances: Readonly<Partial<Record<Fault, number>>>): Promise<void> => {
    server.faults = randomFaults(random, chances);
    const enough = Math.min(MESSAGES, arrived() + 500);
    // All that was asked for before may be there already.
    sender.sendUpTo(enough);
    await until('some messages arrive in spite of it', () => arrived() >= enough, RECOVER_MS);
    server.faults = () => undefined;
  };
  const acts = shuffled([
    ...[1, 2].flatMap((): Act[] => [
      [
        'the sidecar is killed',
        async () => {
          note('sidecar killed', server.connects);
          await node.kill();
          await node.start();
        },
      ],
      [
        'the broker is killed',
        async () => {
          note('broker killed');
          await node.killBroker();
        },
      ],
      [
        'the peer is restarted',
        async () => {
          await server.close();
          await new Promise((resolve) => setTimeout(resolve, 500));
          await server.listen();
        },
      ],
    ]),
    ['connections are reset', () => spell({ 'reset-before': 0.004, 'reset-after': 0.004 })],
    ['the peer says ERROR', () => spell({ error: 0.008 })],
    ['receipts are lost', () => spell({ 'lose-receipt': 0.3 })],
    [
      'the way is half open',
      async () => {
        const before = wayOut.taken;
        wayOut.turn('half-open');
        await until('the relay has given it up', () => wayOut.taken > before, RECOVER_MS);
        wayOut.turn('open');
      },
    ],
  ]);
  await sender.start();
  await through(acts, (number) => sender.sendUpTo(number), arrived);
  await nothingIsLeft();
  await sender.close();

  const arrivals = server.stored.map(({ body, connection }) => ({ number: requestIn(body), connection }));
  expect([...new Set(arrivals.map(({ number }) => number))]).toEqual(all);
  expect(sender.refused).toEqual([]);
  const { byCut, unexplained } = explainDoubles(arrivals, cuts, LIMITS);
  tell(`out: ${acts.map(([what]) => what).join('; ')}`);
  tell(`out: ${arrivals.length - MESSAGES} doubles over ${server.connects} connections: ${described(byCut)}`);
  expect(unexplained).toEqual([]);
  for (const [what, count] of byCut)
    expect([what, count <= (what.startsWith('end') ? LIMITS.window : LIMITS.room)]).toEqual([what, true]);
  expect(arrivals.length).toBeGreaterThan(MESSAGES);
});

test('in: 10,000 messages of a client as the reference has it, through kills and resets: each to the application, from its true sender', async () => {
  const { node, wayIn, access, ids, clientTls } = chain;
  const application = new ApplicationLog(access, ids.own);
  await application.start();
  const client = new ReferenceClient({
    ...{ port: wayIn.port, tls: clientTls, destination: '/exchange/accounts_in' },
    ...{ type: 'PrepareTransfer', bodyOf: prepareTransfer },
  });
  client.start();
  const acts = shuffled(
    [1, 2].flatMap((): Act[] => [
      [
        'the sidecar is killed',
        async () => {
          await node.kill();
          await node.start();
        },
      ],
      ['the broker is killed', () => node.killBroker()],
      [
        'the connection is reset',
        async () => {
          wayIn.turn('closed');
          await new Promise((resolve) => setTimeout(resolve, 300));
          wayIn.turn('open');
        },
      ],
    ]),
  );
  await through(
    acts,
    (number) => client.sendUpTo(number),
    () => application.numbers.size,
  );
  await until('the client knows', () => client.confirmed === MESSAGES, RECOVER_MS);
  client.stop();
  await nothingIsLeft();
  await application.close();

  const { got, again } = application;
  const firsts = [...new Set(got.map(({ number }) => number))];
  expect(firsts).toEqual(all);
  expect(new Set(got.map(({ sender }) => sender))).toEqual(new Set([ids.peer]));
  expect(client.offences).toEqual([]);
  const times = new Map<number, number>();
  for (const { number } of got) times.set(number, (times.get(number) ?? 0) + 1);
  const resent = client.lives.flatMap(({ unconfirmed }) => unconfirmed);
  tell(`in: ${acts.map(([what]) => what).join('; ')}`);
  tell(
    `in: ${got.length - MESSAGES} doubles of ${resent.length} sent again in ${client.lives.length} lives; ${again} handed to the application again by the broker`,
  );
  // A message is there once for each time that it was sent, at most.
  expect([...times].filter(([number, count]) => count > client.sendsOf(number))).toEqual([]);
  for (const { unconfirmed } of client.lives) expect(unconfirmed.length).toBeLessThanOrEqual(LIMITS.window);
  expect(client.lives.length).toBeGreaterThanOrEqual(4);
});

function described(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([what, count]) => `${count} by ${what}`).join(', ');
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}
