import { cordaAddresses, PROBE_PROPERTY, rpcAddresses } from '../../plan/address-profile';
import type { Acceptor, BrokerPlan, Protocol } from '../../plan/broker-plan';
import { AmqpProbe } from './amqp-probe';
import type { BrokerOperations } from '../operations';
import { MANAGEMENT_ADDRESS, type Entrance } from './entrance';
import { expectGranted, expectRefused } from './expect-outcome';
import { ProbeInbox, type InboxOperations, type ProbeStamp } from './probe-inbox';
import { ProbeMarks } from './probe-marks';
import { ProbeError } from './probe-error';
import { changedPeers, localIds, pinnedTo, systemEntrance } from './probe-targets';
import { provenAgain, type Prove } from './proven-again';
import { receivedAt, StompInProof } from './stomp-in-proof';
import { StompProbe } from './stomp-probe';

export interface ProverOptions {
  readonly operations: InboxOperations & Pick<BrokerOperations, 'isFull'>;
  /** The node's TLS key and chain (leaf first), PEM. */
  readonly key: string;
  readonly chain: string;
  /** The node's TLS certificate, which the broker shows, PEM. */
  readonly ownCertificate: string;
  /** Where the broker is reached when an acceptor listens on every address. */
  readonly host: string;
  /** For each answer, milliseconds. */
  readonly timeoutMs: number;
}

/** Of a large change so many peers are proven by use; the others' permissions have been read back from the broker. */
const MOST_PEERS = 20;

export function createProver(options: ProverOptions): Prove {
  const tls = pinnedTo(options.ownCertificate, { key: options.key, chain: options.chain });
  return provenAgain(async (plan, before) => {
    const entrance = (acceptor: Exclude<Acceptor['name'], 'rpc'>, protocol: Protocol): Entrance =>
      systemEntrance(plan, acceptor, { protocol, tls, host: options.host, timeoutMs: options.timeoutMs });
    const proof = new Proof(
      plan,
      changedPeers(plan, before).slice(0, MOST_PEERS),
      new ProbeMarks(options.key),
      options,
    );
    const stompIn = receivedAt(plan);
    const doors = ['node', 'rpc-admin', ...(stompIn === undefined ? (['p2p'] as const) : [])] as const;
    const opened = await Promise.allSettled(doors.map((door) => AmqpProbe.open(entrance(door, 'AMQP'))));
    const stomp = new StompProbe(entrance('node', 'STOMP'));
    const unspoken = new StompProbe(entrance('p2p', 'STOMP'));
    try {
      const [node, rpc, peer] = opened.map(valueOf) as [AmqpProbe, AmqpProbe, AmqpProbe | undefined];
      // The broker logs an error each time: once for each make of the acceptors is enough.
      const silence = stompIn !== undefined || sameAcceptors(plan, before) ? undefined : unspoken.connect();
      // Looked at last; a failure before that must not leave it unhandled.
      silence?.catch(() => undefined);
      await proof.run({ node, peer, rpc, stomp });
      if (stompIn !== undefined) {
        const { address, protocol, tls: own, timeoutMs } = entrance('p2p', 'STOMP');
        const certificate = { address, protocol, timeoutMs, ...(own && { tls: own }) };
        await new StompInProof(plan, stompIn, certificate, options).run(node);
      }
      if (silence !== undefined) await expectStillUnanswered(silence);
    } finally {
      stomp.close();
      unspoken.close();
      await Promise.all(
        opened.map(async (result) => (result.status === 'fulfilled' ? result.value.close() : undefined)),
      );
    }
  });
}

function valueOf<Result>(result: PromiseSettledResult<Result>): Result {
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}

function sameAcceptors(plan: BrokerPlan, before: BrokerPlan | undefined): boolean {
  return JSON.stringify(plan.acceptors) === JSON.stringify(before?.acceptors);
}

interface Ways {
  readonly node: AmqpProbe;
  /** Absent where peers do not come over AMQP. */
  readonly peer: AmqpProbe | undefined;
  readonly rpc: AmqpProbe;
  readonly stomp: StompProbe;
}

class Proof {
  constructor(
    private readonly plan: BrokerPlan,
    private readonly peers: readonly string[],
    private readonly marks: ProbeMarks,
    private readonly options: ProverOptions,
  ) {}

  async run(ways: Ways): Promise<void> {
    const { operations, timeoutMs } = this.options;
    const locals = localIds(this.plan);
    const inboxes = await Promise.all(
      locals.map(async (id) => {
        const place = { address: cordaAddresses.inboundWildcard(id), queue: cordaAddresses.probeQueue(id) };
        return { id, inbox: await ProbeInbox.open(place, ways.node, this.marks, timeoutMs) };
      }),
    );
    const sweep = async (): Promise<void> => {
      await Promise.all(inboxes.map(({ inbox }) => inbox.sweep(operations)));
    };
    try {
      await Promise.all([this.refusals(ways), ...inboxes.map(({ id, inbox }) => this.grants(ways, id, inbox))]);
    } catch (error) {
      // What was found weighs more than what is left behind: the next proof sweeps again.
      await sweep().catch(() => undefined);
      throw error;
    }
    await sweep();
  }

  /** Each peer's way in, used by the node over AMQP and STOMP, and the node's own as a peer uses it. */
  private async grants({ node, peer, stomp }: Ways, local: string, inbox: ProbeInbox): Promise<void> {
    const { operations } = this.options;
    const ingress = (from: string): string => cordaAddresses.ingress(local, from);
    const everybody = [this.plan.ownId, ...this.peers];
    const full = new Set<string>();
    // Where messages wait for their reader nobody can send now, and no proof either; the permission was read back.
    await Promise.all(
      everybody.map(async (from) => ((await operations.isFull(ingress(from))) ? full.add(from) : undefined)),
    );
    const cross = async (from: string, send: (address: string, mark: string) => Promise<void>): Promise<void> => {
      if (full.has(from)) return;
      const address = ingress(from);
      const mark = this.marks.make(address);
      const arrival = inbox.arrival(mark, address);
      await Promise.all([send(address, mark), expectStamp(arrival, address)]);
    };
    const overAmqp = (way: AmqpProbe, who: string) => async (address: string, mark: string) => {
      const message = { application_properties: { [PROBE_PROPERTY]: mark }, durable: false, body: '' };
      expectGranted(await way.send(address, message), `${who} sending to ${address} over AMQP`);
    };
    const overStomp = async (address: string, mark: string): Promise<void> => {
      const headers = { destination: address, [PROBE_PROPERTY]: mark, persistent: 'false' };
      expectGranted(await stomp.send(headers, ''), `the node sending to ${address} over STOMP`);
    };
    const asOwn = peer === undefined ? overAmqp(node, 'the node') : overAmqp(peer, 'the own node as a peer');
    const byAmqp = everybody.map((from) => ({
      from,
      done: cross(from, from === this.plan.ownId ? asOwn : overAmqp(node, 'the node')),
    }));
    // Never two first messages to one address at a time: see `provenAgain`.
    const inTurn = async (): Promise<void> => {
      for (const { from, done } of byAmqp) {
        await done;
        await cross(from, overStomp);
      }
    };
    await Promise.all([...byAmqp.map(({ done }) => done), inTurn()]);
  }

  /** What the own node may not do as a peer, and not as RPC server. */
  private async refusals({ peer, rpc }: Ways): Promise<void> {
    const inbound = `${cordaAddresses.inboundWildcard(this.plan.ownId)}::${cordaAddresses.inboundQueue(this.plan.ownId)}`;
    const notSend = async (way: AmqpProbe, address: string): Promise<void> =>
      expectRefused(await way.attachSender(address), `sending to ${address}`);
    const notRead = async (way: AmqpProbe, address: string): Promise<void> =>
      expectRefused(await way.attachReceiver(address), `reading ${address}`);
    await Promise.all([
      ...(peer === undefined
        ? []
        : [
            notRead(peer, inbound),
            notSend(peer, MANAGEMENT_ADDRESS),
            ...this.peers.flatMap((other) => [
              notSend(peer, cordaAddresses.ingress(this.plan.ownId, other)),
              notSend(peer, cordaAddresses.peerQueue(other)),
              notRead(peer, cordaAddresses.peerQueue(other)),
            ]),
            this.notRelayed(peer),
          ]),
      notRead(rpc, inbound),
      notSend(rpc, cordaAddresses.ingress(this.plan.ownId, this.plan.ownId)),
      rpc.attachReceiver(`${rpcAddresses.wildcard}::${rpcAddresses.queue}`).then((outcome) => {
        expectGranted(outcome, `the RPC server reading ${rpcAddresses.queue}`);
      }),
    ]);
  }

  /** Without a link of its own a message is checked by itself. */
  private async notRelayed(way: AmqpProbe): Promise<void> {
    const [other] = this.peers;
    if (other === undefined) return;
    const to = cordaAddresses.ingress(this.plan.ownId, other);
    const message = { to, application_properties: { [PROBE_PROPERTY]: this.marks.make(to) }, durable: false, body: '' };
    expectRefused(await way.send(undefined, message), `sending to ${to} by the anonymous relay`);
  }
}

async function expectStamp(arrival: Promise<ProbeStamp>, address: string): Promise<void> {
  const { to } = await arrival;
  if (to === address) return;
  throw new ProbeError(
    'PROBE_STAMP',
    `a probe to ${address} came in with ${JSON.stringify(to)} as its sender's address`,
    {
      decision: 'alarm',
      remedy: 'stop the node: senders cannot be told from one another',
    },
  );
}

/** A broker that does not speak a protocol says nothing at all: it has had as long as all else took. */
async function expectStillUnanswered(connecting: ReturnType<StompProbe['connect']>): Promise<void> {
  const outcome = await Promise.race([
    connecting,
    new Promise<undefined>((resolve) => setImmediate(resolve, undefined)),
  ]);
  if (outcome !== undefined) expectRefused(outcome, 'STOMP at the p2p acceptor');
}
