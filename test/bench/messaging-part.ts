import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connection } from 'rhea-promise';
import { loadConfig } from '../../sidecar/config/load-config';
import { openMessaging } from '../../sidecar/control/messaging';
import { readNodeCredentials } from '../../sidecar/dev-network/open-dev-network';
import type { Messaging } from '../../sidecar/messaging/messaging';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { SYSTEM_USERS } from '../../sidecar/plan/roles';
import { BareTalk, receiveBare, sendBare } from './bare-client';
import type { BenchContext, BenchPart } from './bench-context';
import { figure } from './figures';
import { openNodeAmqp } from './held-connections';
import { startNetmap } from './netmap-process';
import { emptyMap } from './peer-pool';
import { inTurns, percentile, type Way } from './two-ways';

const SIZES = [
  { name: '400 B', bytes: 400, count: 10_000, talks: 2_000 },
  { name: '1 KiB', bytes: 1024, count: 10_000, talks: 2_000 },
  { name: '64 KiB', bytes: 65_536, count: 1_000, talks: 1_000 },
] as const;
/** Messages under way unconfirmed, and here unsettled: the library's own, for both. */
const SEND_WINDOW = 1_000;
const RECEIVE_WINDOW = 100;
/** Questions go in so many blocks, by turns, as the disk is not as fast all the time. */
const BLOCKS = 10;
/** All that waits stays in memory. */
const BROKER_SETTINGS = 'memory: { globalMaxSize: 1G, addressMaxSize: 1G }\n';

interface Ends {
  readonly connection: Connection;
  readonly messaging: Messaging;
  readonly address: string;
  readonly source: string;
  readonly me: string;
}

/** The library against rhea alone, over the same broker, in turns: sending, receiving, question and answer. */
export const messagingPart: BenchPart = {
  name: 'messaging',
  minutes: 12,
  async run(context) {
    const ends = await open(context);
    for (const size of SIZES) {
      context.say(`messages of ${size.name}`);
      await measureFlow(context, ends, size);
      await measureTalk(context, ends, size);
    }
  },
};

async function open(context: BenchContext): Promise<Ends> {
  const node = context.node('messaging');
  await emptyMap(node.files.map);
  const settings = join(context.folder, 'messaging-broker.yaml');
  await writeFile(settings, BROKER_SETTINGS);
  const yaml = await readFile(node.files.config, 'utf8');
  await writeFile(node.files.config, yaml.replace('instance: broker', `instance: broker\n  base: ${settings}`));
  const config = await loadConfig(node.files.config);
  context.say('starting netmap run');
  await startNetmap(context, config).until(({ live, held }) => live !== undefined && held === undefined);
  const { tls } = await readNodeCredentials(node);
  const client = { address: config.management, tls, systemUser: SYSTEM_USERS.node };
  const connection = await openNodeAmqp(client, tls.chain[0]);
  const messaging = await openMessaging({ configFile: node.files.config });
  context.onEnd(async () => {
    await messaging.close();
    await connection.close();
  });
  const { id } = messaging.me;
  const [address, source] = [cordaAddresses.ingress(id, id), cordaAddresses.inboundSource(id)];
  return { connection, messaging, address, source, me: id };
}

async function measureFlow(
  context: BenchContext,
  { connection, messaging, address, source, me }: Ends,
  { name, bytes, count }: (typeof SIZES)[number],
): Promise<void> {
  const body = Buffer.alloc(bytes, 'x');
  const bare: Way = {
    send: () => sendBare(connection, address, { body, count, window: SEND_WINDOW }),
    receive: () => receiveBare(connection, source, { count, window: RECEIVE_WINDOW }),
  };
  const library: Way = {
    async send() {
      let sent = 0;
      const one = async (): Promise<void> => {
        while (sent < count) {
          sent += 1;
          await messaging.send(me, { body });
        }
      };
      await Promise.all(Array.from({ length: SEND_WINDOW }, one));
    },
    async receive() {
      let taken = 0;
      let done = (): void => undefined;
      const all = new Promise<void>((resolve) => (done = resolve));
      const receiving = await messaging.receive(
        (message) => {
          message.acknowledge();
          taken += 1;
          if (taken === count) done();
        },
        { window: RECEIVE_WINDOW, as: me },
      );
      await all;
      await receiving.stop();
    },
  };
  const [sends, receives] = await inTurns(bare, library, context, { rounds: 11, sameMessages: true });
  const rate = (ms: readonly number[]): number[] => ms.map((each) => (count * 1000) / each);
  context.add(
    figure(`send confirmed, ${name}, rhea alone`, 'messages/s', rate(sends.bare)),
    figure(`send confirmed, ${name}, library / rhea alone`, 'ratio', sends.ratios, { atLeast: 0.9 }),
    figure(`receive acknowledged, ${name}, rhea alone`, 'messages/s', rate(receives.bare)),
    figure(`receive acknowledged, ${name}, library / rhea alone`, 'ratio', receives.ratios, { atLeast: 0.9 }),
  );
}

async function measureTalk(
  context: BenchContext,
  { connection, messaging, address, source, me }: Ends,
  { name, bytes, talks }: (typeof SIZES)[number],
): Promise<void> {
  const body = Buffer.alloc(bytes, 'x');
  const bare = async (): Promise<number[]> => {
    const talk = await BareTalk.open(connection, address, source);
    const times = await timesOf(context, talks / BLOCKS, () => talk.ask(body));
    await talk.close();
    return times;
  };
  const library = async (): Promise<number[]> => {
    const receiving = await messaging.receive(async (request) => {
      await request.reply({ body: request.body });
    });
    const times = await timesOf(context, talks / BLOCKS, async () => {
      await messaging.request(me, { body });
    });
    await receiving.stop();
    return times;
  };
  const alone: number[] = [];
  const ours: number[] = [];
  for (let block = 0; block < BLOCKS; block += 1) {
    const first = block % 2 === 0;
    if (first) alone.push(...(await bare()));
    ours.push(...(await library()));
    if (!first) alone.push(...(await bare()));
  }
  for (const share of [0.5, 0.99]) {
    const [few, many] = [percentile(alone, share), percentile(ours, share)];
    const what = `round trip p${share * 100}, ${name}`;
    context.add(
      figure(`${what}, rhea alone`, 'ms', few),
      figure(`${what}, rhea alone / library`, 'ratio', few / many, { atLeast: 0.9 }),
    );
  }
}

/** Milliseconds of each of so many, one after the other; half as many before are not counted. */
async function timesOf(context: BenchContext, count: number, work: () => Promise<void>): Promise<number[]> {
  const times: number[] = [];
  const warmUp = Math.ceil(count / 2);
  for (let round = 0; round < warmUp + count; round += 1) {
    context.signal.throwIfAborted();
    const began = performance.now();
    await work();
    if (round >= warmUp) times.push(performance.now() - began);
  }
  return times;
}
