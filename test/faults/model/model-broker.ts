import type { Broker, BrokerEvent, BrokerKind, BrokerState } from '../../../sidecar/broker/broker';
import { Listeners } from '../../../sidecar/broker/broker-listeners';
import { BrokerOperations } from '../../../sidecar/broker/operations';
import { delay, type Clock } from '../../../sidecar/lib/clock';
import type { BrokerModel } from './broker-model';
import { ModelManagement, type Passage } from './model-management';

const LOOK_MS = 700;

/** The broker of one sidecar: its own, which starts and ends with it, or one that runs elsewhere. */
export class ModelBroker implements Broker {
  readonly operations: BrokerOperations;
  private readonly listeners = new Listeners<BrokerEvent>();

  private restarting = false;
  private stopped = false;

  constructor(
    readonly kind: BrokerKind,
    private readonly model: BrokerModel,
    private readonly clock: Clock,
    passage: Passage,
  ) {
    this.operations = new BrokerOperations(new ModelManagement(model, passage));
  }

  get state(): BrokerState {
    return this.model.up ? 'ready' : 'lost';
  }

  async start(signal?: AbortSignal): Promise<void> {
    if (this.kind === 'embedded') {
      this.model.stop();
      await delay(this.clock, 500, signal);
      this.model.start();
    }
    while (!this.model.up) await delay(this.clock, LOOK_MS, signal);
    this.supervise();
    this.model.changed = () => this.tell();
    this.tell();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.model.changed = () => undefined;
    if (this.kind === 'embedded') this.model.stop();
  }

  async restart(): Promise<void> {
    this.restarting = true;
    this.model.stop();
    await delay(this.clock, 500);
    this.restarting = false;
    this.model.start();
  }

  subscribe(listener: (event: BrokerEvent) => void): () => void {
    return this.listeners.add(listener);
  }

  /** Starts the own broker anew when it has died. */
  private supervise(): void {
    if (this.kind !== 'embedded') return;
    this.clock.after(LOOK_MS, () => {
      if (!this.model.up && !this.restarting && !this.stopped) this.model.start();
      this.supervise();
    });
  }

  private tell(): void {
    this.listeners.emit(
      this.model.up
        ? { type: 'ready', version: '2.56.0', afterMs: 1 }
        : { type: 'exited', code: null, signal: 'SIGKILL', expected: false },
    );
  }
}
