import { ManualClock } from '../../../sidecar/lib/clock';
import { DEAD } from '../../../sidecar/messaging/dead-letter';
import { MemoryNetwork } from '../../../sidecar/messaging/memory/memory-network';
import type { Messaging } from '../../../sidecar/messaging/messaging';
import { LIMITS, NAMES, type Alias, type DeadLetter, type ForeignMessage, type OpenOptions, type World } from './world';

const STEP_MS = 5;
const STEPS = 100_000;
const START = 1_700_000_000_000;

/** Virtual time: it moves on whenever everything that could happen now has happened. */
export class MemoryWorld implements World {
  private network: MemoryNetwork;
  private clock: ManualClock;
  private opened: Messaging[] = [];
  private isOver = false;
  private steps = 0;

  private constructor(private readonly seed: number) {
    [this.clock, this.network] = this.made();
    void this.moveOn();
  }

  static async start(seed = 1): Promise<MemoryWorld> {
    return new MemoryWorld(seed);
  }

  get current(): MemoryNetwork {
    return this.network;
  }

  async open(alias: Alias, options: OpenOptions = {}): Promise<Messaging> {
    const messaging = await this.network.open(NAMES[alias], options);
    this.opened.push(messaging);
    return messaging;
  }

  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    const end = this.steps + STEPS;
    while (!(await holds())) {
      if (this.steps > end) throw new Error(`it never came: ${what}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  now(): number {
    return this.clock.now();
  }

  id(alias: Alias | 'service'): string {
    return this.network.idOf(NAMES[alias]);
  }

  async sendForeign(from: Alias, to: Alias, message: ForeignMessage): Promise<void> {
    const { id, correlationId, ttl, properties = {}, body } = message;
    this.network.inject(NAMES[from], `internal.peers.${this.id(to)}`, {
      id,
      correlationId,
      contentType: undefined,
      contentEncoding: undefined,
      ttl,
      createdAt: undefined,
      properties,
      body,
    });
  }

  async deadLetters(alias: Alias): Promise<DeadLetter[]> {
    return this.network.deadLetters(NAMES[alias]).map(({ wire, address }) => ({
      body: wire.body.toString(),
      properties: wire.properties,
      origin: String(wire.properties[DEAD.origin] ?? address),
    }));
  }

  async expired(alias: Alias): Promise<string[]> {
    return this.network.expired(NAMES[alias]).map(({ wire }) => wire.body.toString());
  }

  async cut(alias: Alias): Promise<void> {
    this.network.cut(NAMES[alias]);
  }

  async refuse(alias: Alias): Promise<void> {
    this.network.cut(NAMES[alias], true);
  }

  async admit(alias: Alias): Promise<void> {
    this.network.admit(NAMES[alias]);
  }

  async mute(alias: Alias): Promise<void> {
    this.network.mute(NAMES[alias]);
  }

  async leave(): Promise<void> {
    this.network.leave(NAMES.c);
  }

  async comeBack(): Promise<void> {
    this.network.join({ name: NAMES.c, services: [NAMES.service] });
  }

  async reset(): Promise<void> {
    await Promise.all(this.opened.splice(0).map((messaging) => messaging.close({ timeoutMs: 100 })));
    [this.clock, this.network] = this.made();
  }

  async stop(): Promise<void> {
    this.isOver = true;
  }

  private made(): [ManualClock, MemoryNetwork] {
    const clock = new ManualClock(START);
    const network = new MemoryNetwork({
      nodes: [
        { name: NAMES.a },
        { name: NAMES.b, services: [NAMES.service] },
        { name: NAMES.c, services: [NAMES.service] },
      ],
      clock,
      seed: this.seed,
      maxMessageSize: LIMITS.maxMessageSize,
      inboundBytes: LIMITS.inboundBytes,
      redelivery: { delayMs: LIMITS.redeliveryMs, maxAttempts: LIMITS.maxAttempts },
    });
    return [clock, network];
  }

  private async moveOn(): Promise<void> {
    while (!this.isOver) {
      this.steps += 1;
      await this.clock.advance(STEP_MS);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
