import { delay, systemClock } from '../../sidecar/lib/clock';
import type { BenchContext, BenchPart } from './bench-context';
import type { BridgeWay } from './bridge-way';
import { figure, spread } from './figures';
import { fillQueue, takeOne } from './fill-queue';
import { startMinimalPair } from './minimal-pair';
import { startProductPair } from './product-pair';

const ROUNDS = 5;
const MESSAGES = 40_000;
const POLL_MS = 10;

/** Throughput of a bridge, three ways in one run, round by round: what TLS costs, and what the true sender costs. */
export const bridgePart: BenchPart = {
  name: 'bridge',
  minutes: 15,
  async run(context) {
    context.say('starting two brokers as rendered, and two with minimal configuration');
    const { way: stamped, brokerXml } = await startProductPair(context);
    const journal = brokerXml.match(/<(journal-(?!directory)[a-z-]+)>[^<]*<\/\1>/g) ?? [];
    const [plain, tls] = await startMinimalPair(context, journal.join('\n'));
    if (plain === undefined || tls === undefined) throw new Error('a way is missing');
    const ways = [plain, tls, stamped];
    const rates = new Map<BridgeWay, number[]>(ways.map((way) => [way, []]));
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const way of ways) {
        const rate = await carry(context, way, round === 0);
        context.say(`round ${round}, ${way.name}: ${rate.toFixed(0)} messages/s`);
        // A fresh JVM runs at a fraction of its speed.
        if (round > 0) rates.get(way)?.push(rate);
      }
    }
    const of = (way: BridgeWay): readonly number[] => rates.get(way) ?? [];
    context.add(
      ...ways.map((way) => figure(way.name, 'messages/s', of(way))),
      figure('TLS stamped / TLS unstamped', 'ratio', ratios(of(stamped), of(tls)), { atLeast: 0.9 }),
      figure('TLS unstamped / plain', 'ratio', ratios(of(tls), of(plain))),
      figure('TLS stamped / plain', 'ratio', ratios(of(stamped), of(plain))),
    );
  },
};

/** Round by round, as the machine is not the same from one to the next. */
function ratios(above: readonly number[], below: readonly number[]): number[] {
  return above.map((rate, round) => rate / (below[round] ?? spread(below).median));
}

/** Lets messages wait, starts the connection and answers the messages a second until all have arrived. */
async function carry(context: BenchContext, way: BridgeWay, check: boolean): Promise<number> {
  const { signal } = context;
  await withConnection(way.openFrom, (connection) => fillQueue(connection, way.source, MESSAGES));
  const began = performance.now();
  await way.from.startBrokerConnection(way.connection);
  while ((await way.to.messageCount(way.sink)) < MESSAGES) await delay(systemClock, POLL_MS, signal);
  const took = performance.now() - began;
  await way.from.stopBrokerConnection(way.connection);
  if (check) await checkStamp(way);
  await way.to.removeMessages(way.sink);
  return (MESSAGES * 1_000) / took;
}

/** What is measured must be what it is called. */
async function checkStamp(way: BridgeWay): Promise<void> {
  const { to } = await withConnection(way.openTo, (connection) => takeOne(connection, way.sinkAddress));
  if (to !== way.expectedTo) throw new Error(`${way.name}: \`to\` is ${String(to)} and not ${way.expectedTo}`);
}

async function withConnection<Result>(
  open: BridgeWay['openFrom'],
  work: (connection: Awaited<ReturnType<BridgeWay['openFrom']>>) => Promise<Result>,
): Promise<Result> {
  const connection = await open();
  try {
    return await work(connection);
  } finally {
    await connection.close().catch(() => undefined);
  }
}
