import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConfig } from '../../sidecar/config/load-config';
import { delay, systemClock } from '../../sidecar/lib/clock';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { SYSTEM_USERS } from '../../sidecar/plan/roles';
import { RECEIVED } from '../../sidecar/plan/swaptacular-plan';
import { authorityHome, type AuthorityHome } from '../integration/support/authority-home';
import { NodeOperations } from '../integration/support/node-operations';
import { prepareTransfer } from '../integration/support/transfers';
import { ReferenceClient } from '../interop/reference-client/reference-client';
import { startApplication } from './application';
import { atRest } from './at-rest';
import { startBareStompBroker, type BareStompBroker } from './bare-stomp-broker';
import type { BenchContext, BenchPart } from './bench-context';
import { figure, type Aim } from './figures';
import { startNetmap } from './netmap-process';
import { processFigures } from './process-figures';

const BYTES = 400;

interface Burst {
  /** Messages without a receipt at most. */
  readonly window: number;
  readonly count: number;
}

/** Half a second each: shorter ones are over before they can be measured. */
const BURSTS: readonly Burst[] = [
  { window: 100, count: 10_000 },
  { window: 1_000, count: 30_000 },
];
const ROUNDS = 12;
/** Of the one and the other within a round: single bursts differ by a tenth. */
const PAIRS = 3;
/** So many take longer than the screen gives way. */
const SUSTAINED = 60_000;
const SUSTAINED_ROUNDS = 3;
/** Of the same, until Java has compiled what both brokers need for it. */
const WARM_UP = 3;
const POLL_MS = 50;
/**
 * Of each broker, as the stock distribution gives it. With a quarter of it a third of the bursts meet a full collection of
 * garbage, which takes up to a quarter of their time.
 */
const HEAP_MIB = 2_048;
/** All that waits stays in memory. */
const BROKER_SETTINGS = 'memory: { globalMaxSize: 1G, addressMaxSize: 1G }\n';

/** The node as it runs in production: its broker, and the sidecar whose screen reads what comes in. */
interface Product extends BareStompBroker {
  readonly sidecar: number;
  /** Where it lies when the screen has passed it on. */
  readonly screened: string;
}

interface Ends {
  /** Of all that runs for either. */
  readonly pids: readonly number[];
  readonly tls: AuthorityHome['clientTls'];
  readonly bare: BareStompBroker;
  readonly product: Product;
}

/** What came of one round. */
interface Taken {
  /** Receipts a second. */
  readonly rate: number;
  /** Processor time a message, microseconds. */
  readonly broker: number;
}
interface Screened extends Taken {
  /** Messages a second that have passed the screen, from the first one sent to the last one passed. */
  readonly through: number;
  readonly sidecar: number;
  /** What the screen had before it when the last receipt came. */
  readonly waiting: number;
}
interface Round {
  readonly bare: readonly Taken[];
  readonly screened: readonly Screened[];
  /** The same two while an application reads what comes. */
  readonly bareRead: Taken;
  readonly screenedRead: Taken;
  readonly bareLast: Taken;
  readonly paused: Taken & { readonly screen: number };
}

/** What a peer sends over STOMP, into a broker configured by hand and into the product's, with its screen and without, in turns. */
export const stompInPart: BenchPart = {
  name: 'stomp-in',
  minutes: 20,
  async run(context) {
    const ends = await open(context);
    for (const burst of BURSTS) {
      context.say(`window ${burst.window}`);
      await measure(context, ends, burst);
    }
  },
};

async function open(context: BenchContext): Promise<Ends> {
  const folder = join(context.folder, 'stomp-in');
  await mkdir(folder);
  const base = join(folder, 'broker.yaml');
  await writeFile(base, BROKER_SETTINGS);
  const home = await authorityHome(folder, { base, memory: `${HEAP_MIB}M` });
  const config = await loadConfig(home.place.files.config);
  context.say('starting netmap run and a broker that is configured by hand');
  const netmap = startNetmap(context, config);
  await netmap.until(({ live, held }) => live !== undefined && held === undefined);
  const operations = new NodeOperations(home.access);
  context.onEnd(() => operations.close());
  const screened = cordaAddresses.inboundQueue(home.ids.own);
  const user = SYSTEM_USERS.node;
  const xml = await readFile(join(config.broker.instance, 'etc/broker.xml'), 'utf8');
  const journal = xml.match(/<(journal-(?!directory)[a-z-]+)>[^<]*<\/\1>/g) ?? [];
  const bare = await startBareStompBroker(context, home, { journal: journal.join(''), heapMiB: HEAP_MIB });
  const product = {
    ...{ port: home.p2p, destination: '/exchange/accounts_in', queue: RECEIVED, operations },
    ...{ pid: await netmap.brokerPid(), sidecar: netmap.pid },
    screened,
    application: await startApplication(
      context,
      { ...home.access, user, password: user },
      cordaAddresses.inboundSource(home.ids.own),
    ),
  };
  return { pids: [bare.pid, product.pid, product.sidecar], tls: home.clientTls, bare, product };
}

async function measure(context: BenchContext, ends: Ends, burst: Burst): Promise<void> {
  const sustained: number[] = [];
  for (let round = 0; round < WARM_UP + SUSTAINED_ROUNDS; round += 1) {
    const ratio = await takeSustained(context, ends, burst.window);
    if (round >= WARM_UP) sustained.push(ratio);
  }
  const rounds: Round[] = [];
  while (rounds.length < ROUNDS) {
    // In turns: a broker that has just had a burst takes the next one faster than one that has waited meanwhile.
    const [bare, screened]: [Taken[], Screened[]] = [[], []];
    while (screened.length < PAIRS) {
      bare.push(await takeBare(context, ends, burst));
      screened.push(await takeScreened(context, ends, burst));
    }
    const bareRead = await takeRead(context, ends, ends.bare, burst);
    const screenedRead = await takeRead(context, ends, ends.product, burst);
    const bareLast = await takeBare(context, ends, burst);
    const paused = await takePaused(context, ends, burst);
    rounds.push({ bare, screened, bareRead, screenedRead, bareLast, paused });
  }
  const add = (name: string, unit: string, values: readonly number[], aim?: Aim): void =>
    context.add(figure(`stomp-in, 400 B, confirmed, window ${burst.window}, ${name}`, unit, values, aim));
  const each = (name: string, unit: string, value: (round: Round) => number, aim?: Aim): void =>
    add(name, unit, rounds.map(value), aim);
  const [rate, cpu] = ['messages/s', 'µs/message'];
  const ofBare = (value: (taken: Taken) => number) => (round: Round) => mean(round.bare.map(value));
  const ofProduct = (value: (taken: Screened) => number) => (round: Round) => mean(round.screened.map(value));
  const [bareRate, productRate] = [ofBare((taken) => taken.rate), ofProduct((taken) => taken.rate)];
  each('bare Artemis', rate, bareRate);
  each('product', rate, productRate);
  each('product / bare Artemis', 'ratio', (round) => productRate(round) / bareRate(round), { atLeast: 0.9 });
  add(`product / bare Artemis, ${SUSTAINED} at once`, 'ratio', sustained);
  each('bare Artemis, an application reads', rate, ({ bareRead }) => bareRead.rate);
  each('product, an application reads', rate, ({ screenedRead }) => screenedRead.rate);
  each(
    'product / bare Artemis, an application reads',
    'ratio',
    (round) => round.screenedRead.rate / round.bareRead.rate,
  );
  each('product without screen / bare Artemis', 'ratio', ({ bareLast, paused }) => paused.rate / bareLast.rate);
  each(
    'through the screen meanwhile',
    rate,
    ofProduct((taken) => taken.through),
    { atLeast: 3_000 },
  );
  each(
    'before the screen at the last receipt',
    'messages',
    ofProduct((taken) => taken.waiting),
  );
  each('screen alone', rate, ({ paused }) => paused.screen, { atLeast: 3_000 });
  each(
    'processor time, bare Artemis',
    cpu,
    ofBare((taken) => taken.broker),
  );
  each('processor time, broker without screen', cpu, ({ paused }) => paused.broker);
  each(
    'processor time, broker with screen',
    cpu,
    ofProduct((taken) => taken.broker),
  );
  each(
    'processor time, sidecar',
    cpu,
    ofProduct((taken) => taken.sidecar),
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

async function takeBare(context: BenchContext, { pids, bare, tls }: Ends, burst: Burst): Promise<Taken> {
  await atRest(pids, context.signal);
  const before = await cpuOf(bare.pid, burst);
  const rate = await send(context, bare, tls, burst);
  const broker = (await cpuOf(bare.pid, burst)) - before;
  await bare.operations.removeMessages(bare.queue);
  return { rate, broker };
}

/** The product's receipts a second by those of bare Artemis, where a burst lasts for seconds. */
async function takeSustained(
  context: BenchContext,
  { pids, bare, product, tls }: Ends,
  window: number,
): Promise<number> {
  await atRest(pids, context.signal);
  const bareRate = await send(context, bare, tls, { window, count: SUSTAINED });
  await bare.operations.removeMessages(bare.queue);
  await atRest(pids, context.signal);
  const rate = await send(context, product, tls, { window, count: SUSTAINED });
  await drained(context, product);
  await product.operations.removeMessages(product.screened);
  return rate / bareRate;
}

/** What has come in is read meanwhile, and what is left then. */
async function takeRead(
  context: BenchContext,
  { pids, tls }: Ends,
  broker: BareStompBroker,
  burst: Burst,
): Promise<Taken> {
  await atRest(pids, context.signal);
  const before = await cpuOf(broker.pid, burst);
  const reading = broker.application(burst.count);
  const rate = await send(context, broker, tls, burst);
  await reading;
  return { rate, broker: (await cpuOf(broker.pid, burst)) - before };
}

async function takeScreened(context: BenchContext, { pids, product, tls }: Ends, burst: Burst): Promise<Screened> {
  await atRest(pids, context.signal);
  const { operations, queue, pid, sidecar, screened } = product;
  const before = [await cpuOf(pid, burst), await cpuOf(sidecar, burst)] as const;
  const began = performance.now();
  const rate = await send(context, product, tls, burst);
  const waiting = await operations.messageCount(queue);
  await drained(context, product);
  const through = perSecond(burst, performance.now() - began);
  const [broker, own] = [(await cpuOf(pid, burst)) - before[0], (await cpuOf(sidecar, burst)) - before[1]];
  await operations.removeMessages(screened);
  return { rate, broker, through, sidecar: own, waiting };
}

/** The sidecar's process is stopped meanwhile; then it has the processor for itself. */
async function takePaused(
  context: BenchContext,
  { pids, product, tls }: Ends,
  burst: Burst,
): Promise<Taken & { readonly screen: number }> {
  await atRest(pids, context.signal);
  const { operations, pid, sidecar, screened } = product;
  const before = await cpuOf(pid, burst);
  process.kill(sidecar, 'SIGSTOP');
  let rate: number;
  try {
    rate = await send(context, product, tls, burst);
  } finally {
    process.kill(sidecar, 'SIGCONT');
  }
  const broker = (await cpuOf(pid, burst)) - before;
  const began = performance.now();
  await drained(context, product);
  const screen = perSecond(burst, performance.now() - began);
  await operations.removeMessages(screened);
  return { rate, broker, screen };
}

/** Answers the receipts a second, from when the client is let in. */
async function send(
  context: BenchContext,
  { port, destination }: BareStompBroker,
  tls: Ends['tls'],
  { window, count }: Burst,
): Promise<number> {
  const bodyOf = (number: number): Buffer => Buffer.from(prepareTransfer(number).toString().padEnd(BYTES));
  const client = new ReferenceClient({ port, tls, destination, type: 'PrepareTransfer', bodyOf, window });
  client.start();
  while (!client.isAdmitted && client.lives.length === 0) await delay(systemClock, 1, context.signal);
  const began = performance.now();
  client.sendUpTo(count);
  while (client.confirmed < count && client.lives.length === 0) await delay(systemClock, 1, context.signal);
  const ms = performance.now() - began;
  client.stop();
  const [life] = client.lives;
  if (client.confirmed < count) throw new Error(`the client ended: ${life?.reason ?? ''}`);
  return (count * 1_000) / ms;
}

async function drained(context: BenchContext, { operations, queue }: Product): Promise<void> {
  while ((await operations.messageCount(queue)) > 0) await delay(systemClock, POLL_MS, context.signal);
}

function perSecond({ count }: Burst, ms: number): number {
  return (count * 1_000) / ms;
}

/** Processor time a message of the burst, microseconds. */
async function cpuOf(pid: number, { count }: Burst): Promise<number> {
  return ((await processFigures(pid)).cpuMs * 1_000) / count;
}
