import { delay, systemClock } from '../../sidecar/lib/clock';
import type { BenchContext, BenchPart } from './bench-context';
import type { BridgeWay } from './bridge-way';
import { figure, spread } from './figures';
import { fillQueue, takeOne } from './fill-queue';
import { startMinimalPair } from './minimal-pair';
import { processFigures } from './process-figures';
import { startProductPair } from './product-pair';

/** A fresh JVM runs at a fraction of its speed: these rounds are not counted. */
const WARM_UP = 3;
const ROUNDS = 7;
const MESSAGES = 40_000;
const POLL_MS = 10;

interface Carried {
  /** Messages a second. */
  readonly rate: number;
  /** Processor time of both brokers, microseconds a message; tells less of what else the machine does. */
  readonly cpuMicros: number;
}

/** Throughput of a bridge, four ways in one run, round by round: what TLS, all that the product asks for, and the true sender cost. */
export const bridgePart: BenchPart = {
  name: 'bridge',
  minutes: 15,
  async run(context) {
    context.say('starting two brokers as rendered, two without the stamp, and two with minimal configuration');
    const { way: stamped, brokerXml } = await startProductPair(context, {
      nodes: ['stamped-from', 'stamped-to'],
      stamped: true,
    });
    const { way: unstamped } = await startProductPair(context, {
      nodes: ['unstamped-from', 'unstamped-to'],
      stamped: false,
    });
    const journal = brokerXml.match(/<(journal-(?!directory)[a-z-]+)>[^<]*<\/\1>/g) ?? [];
    const [plain, tls] = await startMinimalPair(context, journal.join('\n'));
    if (plain === undefined || tls === undefined) throw new Error('a way is missing');
    const ways = [plain, tls, unstamped, stamped];
    const carried = new Map<BridgeWay, Carried[]>(ways.map((way) => [way, []]));
    for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
      for (const way of ways) {
        const result = await carry(context, way, round === 0);
        context.say(
          `round ${round}, ${way.name}: ${result.rate.toFixed(0)} messages/s, ${result.cpuMicros.toFixed(0)} us of processor each`,
        );
        if (round >= WARM_UP) carried.get(way)?.push(result);
      }
    }
    const ratesOf = (way: BridgeWay): number[] => (carried.get(way) ?? []).map(({ rate }) => rate);
    const costsOf = (way: BridgeWay): number[] => (carried.get(way) ?? []).map(({ cpuMicros }) => cpuMicros);
    context.add(
      ...ways.map((way) => figure(way.name, 'messages/s', ratesOf(way))),
      figure('stamped / not stamped', 'ratio', ratios(ratesOf(stamped), ratesOf(unstamped)), { atLeast: 0.9 }),
      figure('stamped / TLS, minimal', 'ratio', ratios(ratesOf(stamped), ratesOf(tls))),
      figure('stamped / plain TCP, minimal', 'ratio', ratios(ratesOf(stamped), ratesOf(plain))),
      figure('TLS / plain TCP, both minimal', 'ratio', ratios(ratesOf(tls), ratesOf(plain))),
      ...ways.map((way) => figure(`${way.name}, processor time of both brokers`, 'us a message', costsOf(way))),
      figure('the same, not stamped / stamped', 'ratio', ratios(costsOf(unstamped), costsOf(stamped))),
    );
  },
};

/** Round by round, as the machine is not the same from one to the next. */
function ratios(above: readonly number[], below: readonly number[]): number[] {
  return above.map((rate, round) => rate / (below[round] ?? spread(below).median));
}

/** Lets messages wait, starts the connection and waits until all have arrived. */
async function carry(context: BenchContext, way: BridgeWay, check: boolean): Promise<Carried> {
  const { signal } = context;
  await withConnection(way.openFrom, (connection) => fillQueue(connection, way.source, MESSAGES));
  const cpuBefore = await cpuOf(way);
  const began = performance.now();
  await way.from.startBrokerConnection(way.connection);
  while ((await way.to.messageCount(way.sink)) < MESSAGES) await delay(systemClock, POLL_MS, signal);
  const took = performance.now() - began;
  const cpu = (await cpuOf(way)) - cpuBefore;
  await way.from.stopBrokerConnection(way.connection);
  if (check) await checkStamp(way);
  await way.to.removeMessages(way.sink);
  return { rate: (MESSAGES * 1_000) / took, cpuMicros: (cpu * 1_000) / MESSAGES };
}

/** Processor time of both brokers since their start, milliseconds. */
async function cpuOf({ processes }: BridgeWay): Promise<number> {
  const figures = await Promise.all(processes.map((pid) => processFigures(pid)));
  return figures.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
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
