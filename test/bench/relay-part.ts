import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { message as codec } from 'rhea';
import { SenderEvents, type Connection } from 'rhea-promise';
import { openAmqp } from '../../sidecar/broker/amqp/open-amqp';
import { systemClock } from '../../sidecar/lib/clock';
import { silentLogger } from '../../sidecar/lib/log';
import type { StompEndpoint } from '../../sidecar/network/swaptacular-node';
import { amqpInbox } from '../../sidecar/relay/amqp-inbox';
import type { RelayTls } from '../../sidecar/relay/peer-socket';
import { StompRelay } from '../../sidecar/relay/stomp-relay';
import { makeBrokerInstance, PASSWORD, type BrokerInstance } from '../integration/support/broker-instance';
import { launchSettings, makeBrokerProcess } from '../integration/support/broker-process';
import { makeNode, relayTls, type NodeMaterial } from '../interop/reference-server/node-material';
import { sendBareStomp } from './bare-stomp';
import type { BenchContext, BenchPart } from './bench-context';
import { figure } from './figures';
import type { FromPeer, ToPeer } from './relay-peer-child';
import { inTurns, type Way } from './two-ways';

const QUEUE = 'peer.1234abcd';
const TYPE = 'PrepareTransfer';
const BODY = Buffer.from(JSON.stringify({ type: TYPE }).padEnd(400));
const COUNT = 20_000;
const WINDOWS = [100, 1_000];
/** Microseconds in a message's share of the processor. */
const MICRO = 1 / COUNT;

interface Ends {
  readonly instance: BrokerInstance;
  readonly endpoint: StompEndpoint;
  readonly tls: RelayTls;
  readonly peer: string;
}

/** From a queue to a peer's STOMP server, against stompit alone with messages from memory, in turns. */
export const relayPart: BenchPart = {
  name: 'relay',
  minutes: 8,
  async run(context) {
    context.say('starting a broker and a peer');
    const ends = await open(context);
    for (const window of WINDOWS) {
      context.say(`window ${window}`);
      await measure(context, ends, window);
    }
  },
};

async function open(context: BenchContext): Promise<Ends> {
  const core = `<addresses><address name="${QUEUE}"><anycast><queue name="${QUEUE}"/></anycast></address></addresses>`;
  const instance = await makeBrokerInstance({ core });
  context.onEnd(() => instance.remove());
  const launch = { ...(await launchSettings(instance)), jvmOptions: [] };
  const { broker } = await makeBrokerProcess(instance, { launch });
  context.onEnd(() => broker.stop());
  await broker.start(context.signal);
  const [peer, own] = [makeNode('1234abcd'), makeNode('fc06c3edee3e2737c7089a3a03775c84')];
  return { instance, endpoint: await startPeer(context, peer, own), tls: relayTls(own, peer), peer: peer.id };
}

async function startPeer(context: BenchContext, peer: NodeMaterial, own: NodeMaterial): Promise<StompEndpoint> {
  const child = fork(join(__dirname, 'relay-peer-child.js'));
  context.onEnd(async () => {
    const exited = once(child, 'exit');
    child.disconnect();
    await exited;
  });
  const tls = { key: peer.serverKey, cert: peer.server.pem(), ca: peer.root.pem() };
  child.send({ options: { tls, peers: [own.id] } } satisfies ToPeer);
  const [{ endpoint }] = (await once(child, 'message', { signal: context.signal })) as [FromPeer];
  return endpoint;
}

async function measure(context: BenchContext, ends: Ends, window: number): Promise<void> {
  const { endpoint, tls } = ends;
  const cpu = { bare: [] as number[], relay: [] as number[] };
  const bare: Way = {
    send: () => Promise.resolve(),
    receive: () =>
      metered(cpu.bare, () => sendBareStomp({ endpoint, tls, type: TYPE, body: BODY, count: COUNT, window })),
  };
  const relay: Way = { send: () => fill(ends), receive: () => metered(cpu.relay, () => carry(ends, window)) };
  const [, took] = await inTurns(bare, relay, context);
  const rates = took.bare.map((ms, round) => ((COUNT * 1000) / ms) * (took.ratios[round] ?? 0));
  const what = `400 B, confirmed, window ${window}`;
  context.add(
    figure(
      `relay, ${what}, stompit alone`,
      'messages/s',
      took.bare.map((ms) => (COUNT * 1000) / ms),
    ),
    figure(`relay, ${what}`, 'messages/s', rates, { atLeast: 3_000 }),
    figure(`relay, ${what}, relay / stompit alone`, 'ratio', took.ratios, { atLeast: 0.8 }),
    figure(`relay, ${what}, processor time, stompit alone`, 'µs/message', cpu.bare.slice(-took.bare.length)),
    figure(`relay, ${what}, processor time`, 'µs/message', cpu.relay.slice(-took.bare.length)),
  );
}

async function metered(times: number[], work: () => Promise<void>): Promise<void> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  times.push((user + system) * MICRO);
}

/** Resolves when all that is in the queue is confirmed by the peer. */
async function carry(ends: Ends, window: number): Promise<void> {
  const { endpoint, tls, peer } = ends;
  const inbox = amqpInbox({ source: QUEUE, connect: () => connect(ends) });
  const common = { clock: systemClock, random: Math.random, log: silentLogger };
  const relay = new StompRelay({ peer, inbox, endpoint, tls, window, ...common });
  relay.start();
  while (relay.status().confirmed < COUNT) await new Promise((resolve) => setTimeout(resolve, 1));
  await relay.stop();
}

function connect({ instance }: Ends): Promise<Connection> {
  const { key, certificate: chain } = instance.tls;
  const tls = { key, chain, verify: () => undefined };
  return openAmqp({ address: instance.listen, user: 'sidecar', password: PASSWORD, tls, timeoutMs: 10_000 });
}

async function fill(ends: Ends): Promise<void> {
  const connection = await connect(ends);
  const sender = await connection.createSender({ target: { address: QUEUE } });
  await new Promise<void>((resolve) => {
    let [sent, stored] = [0, 0];
    const body: unknown = codec.data_section(BODY);
    const pump = (): void => {
      for (; sent < COUNT && sent - stored < 1_000 && sender.sendable(); sent += 1)
        sender.send({ durable: true, message_id: sent, subject: TYPE, content_type: 'application/json', body });
    };
    sender.on(SenderEvents.accepted, () => {
      stored += 1;
      if (stored === COUNT) resolve();
      else pump();
    });
    sender.on(SenderEvents.sendable, pump);
    pump();
  });
  await connection.close();
}
