import { setImmediate } from 'node:timers/promises';
import { ConfigError } from '../../config/config-error';
import { delay, ManualClock } from '../../lib/clock';
import { NetmapError, messageOf } from '../../lib/errors';
import { MemoryNetwork } from '../../messaging/memory/memory-network';
import type { Messaging } from '../../messaging/messaging';
import { Reject } from '../../messaging/messaging-error';
import type { ReceivedMessage } from '../../messaging/received-message';
import type { Scenario, ScenarioConsumer, ScenarioFault, ScenarioStep } from './scenario';

export interface RunOptions {
  /** In place of the scenario's own. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

/** What became of one message that a step sent. */
export interface SentMessage {
  /** Which step, from 1, and which of its messages, from 1. */
  readonly step: number;
  readonly number: number;
  /** X.500 names. */
  readonly from: string;
  readonly to: string;
  readonly atMs: number;
  /** `waiting`: neither stored nor refused, or no reply, when the simulation ended. */
  readonly outcome: 'stored' | 'replied' | 'failed' | 'waiting';
  /** When the application was told, milliseconds from the start. */
  readonly endedMs?: number;
  readonly reply?: { readonly from: string; readonly body: string };
  readonly error?: { readonly code: string; readonly message: string };
}

export interface ScenarioRun {
  readonly network: MemoryNetwork;
  /** In the order in which they were sent. */
  readonly sent: readonly SentMessage[];
}

/** Simulated time between two looks at whether to go on. */
const SLICE_MS = 1_000;
/** A diagram of more than these is nothing that anybody looks at. */
const MOST_EVENTS = 100_000;

/**
 * Runs it to its end, as fast as it goes. Same scenario and seed: same result, to the byte.
 * @throws ConfigError CONFIG_INVALID where more happens than can be shown; the signal's reason
 */
export async function runScenario(scenario: Scenario, options: RunOptions = {}): Promise<ScenarioRun> {
  const { lastsMs } = scenario;
  const { signal } = options;
  const clock = new ManualClock();
  const simulation = new Simulation(scenario, clock, options.seed ?? scenario.seed);
  await simulation.start();
  while (clock.now() < lastsMs) {
    await clock.advance(Math.min(SLICE_MS, lastsMs - clock.now()));
    const { length } = simulation.network.trace.entries;
    if (length > MOST_EVENTS) {
      throw ConfigError.because(
        'CONFIG_INVALID',
        `${length} events by ${clock.now()} ms, more than ${MOST_EVENTS}`,
        'send fewer messages, have fewer lost, or end it earlier with lastsMs',
      );
    }
    // Time that is simulated leaves no turn to signals.
    await setImmediate();
    signal?.throwIfAborted();
  }
  return simulation;
}

class Simulation implements ScenarioRun {
  readonly network: MemoryNetwork;
  readonly sent: SentMessage[] = [];
  private readonly names: ReadonlyMap<string, string>;
  private readonly applications = new Map<string, Messaging>();

  constructor(
    private readonly scenario: Scenario,
    private readonly clock: ManualClock,
    seed: number,
  ) {
    const { nodes, services, network, redelivery } = scenario;
    const { delayMs, loss, repeated, reorder, resendMs, applicationDelayMs } = network;
    const offered = Object.values(services);
    this.names = new Map([
      ...Object.entries(nodes),
      ...Object.entries(services).map(([short, { name }]) => [short, name] as const),
    ]);
    this.network = new MemoryNetwork({
      nodes: Object.entries(nodes).map(([short, name]) => ({
        name,
        services: offered.filter(({ offeredBy }) => offeredBy.includes(short)).map((service) => service.name),
      })),
      clock,
      seed,
      way: {
        ...{ minDelayMs: delayMs.min, maxDelayMs: delayMs.max, loss, confirmationLoss: repeated },
        ...{ reorder, retryMs: resendMs },
      },
      redelivery,
      clientDelayMs: applicationDelayMs,
    });
  }

  /** Has everything begin when its time comes. */
  async start(): Promise<void> {
    const { nodes, consumers, faults, steps } = this.scenario;
    for (const short of Object.keys(nodes)) this.applications.set(short, await this.network.open(this.nameOf(short)));
    for (const consumer of consumers) this.clock.after(consumer.fromMs, () => this.consume(consumer));
    for (const fault of faults) this.clock.after(fault.atMs, () => this.fail(fault));
    for (const [index, step] of steps.entries()) this.clock.after(step.atMs, () => this.send(step, index + 1, 1));
  }

  private consume({ node, as, topic, concurrency, ...what }: ScenarioConsumer): void {
    void this.application(node).receive((message) => this.handle(message, what), {
      concurrency,
      ...(as === undefined ? {} : { as: this.nameOf(as) }),
      ...(topic === undefined ? {} : { topic }),
    });
  }

  private async handle(
    message: ReceivedMessage,
    { workMs, retryLater, reject, reply }: Pick<ScenarioConsumer, 'workMs' | 'retryLater' | 'reject' | 'reply'>,
  ): Promise<void> {
    if (workMs > 0) await delay(this.clock, workMs);
    if (message.attempt <= retryLater) throw new Error('given back, as the scenario says');
    if (reject !== undefined) throw new Reject(reject);
    // Two who answer each other's answers would never end.
    if (reply !== undefined && message.correlationId === undefined) await message.reply(reply);
  }

  private fail({ part, cut, leave, forMs }: ScenarioFault): void {
    const { network } = this;
    const later = (undo: () => void): void => {
      if (forMs !== undefined) this.clock.after(forMs, undo);
    };
    if (part !== undefined) {
      const [one, other] = part;
      network.part(this.nameOf(one), this.nameOf(other));
      later(() => network.mend(this.nameOf(one), this.nameOf(other)));
    }
    if (cut !== undefined) {
      network.cut(this.nameOf(cut), forMs !== undefined);
      later(() => network.admit(this.nameOf(cut)));
    }
    if (leave !== undefined) {
      network.leave(this.nameOf(leave));
      later(() => network.join({ name: this.nameOf(leave) }));
    }
  }

  private send(step: ScenarioStep, place: number, number: number): void {
    for (let next = number; next <= step.count; next += 1) {
      if (next > number && step.everyMs > 0) {
        this.clock.after(step.everyMs, () => this.send(step, place, next));
        return;
      }
      void this.sendOne(step, place, next);
    }
  }

  private async sendOne(step: ScenarioStep, place: number, number: number): Promise<void> {
    const { from, to, body, topic, duplicateId, timeToLiveMs, request } = step;
    const [sender, recipient] = [this.nameOf(from), this.nameOf(to)];
    const at = this.sent.length;
    const begun = { step: place, number, from: sender, to: recipient, atMs: this.clock.now() };
    this.sent.push({ ...begun, outcome: 'waiting' });
    const end = (how: Pick<SentMessage, 'outcome' | 'reply' | 'error'>): void => {
      this.sent[at] = { ...begun, ...how, endedMs: this.clock.now() };
    };
    const message = { body, topic, duplicateId, timeToLiveMs };
    try {
      const application = this.application(from);
      if (request === undefined) {
        await application.send(recipient, message);
        end({ outcome: 'stored' });
        return;
      }
      const reply = await application.request(recipient, message, { timeoutMs: request });
      end({ outcome: 'replied', reply: { from: reply.sender.name ?? reply.sender.id, body: reply.body.toString() } });
    } catch (error) {
      const code = error instanceof NetmapError ? (error as NetmapError).code : 'INTERNAL';
      this.network.trace.add({ at: this.clock.now(), kind: 'failed', from: sender, note: messageOf(error) });
      end({ outcome: 'failed', error: { code, message: messageOf(error) } });
    }
  }

  private application(short: string): Messaging {
    const found = this.applications.get(short);
    if (found === undefined) throw new RangeError(`no node ${short}`);
    return found;
  }

  private nameOf(short: string): string {
    const found = this.names.get(short);
    if (found === undefined) throw new RangeError(`no node or service ${short}`);
    return found;
  }
}
