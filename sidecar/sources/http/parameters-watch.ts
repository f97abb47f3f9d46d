import { messageOf } from '../../lib/errors';
import { millisecondsOf } from '../../network-map/instant';
import type { ParametersUpdate } from '../../network-map/network-map';
import type { Trust } from '../../network-map/trust';
import type { MapDecisions } from './decisions';
import type { MapClient } from './map-client';
import type { MapForm } from './map-form';
import type { AnnouncedUpdate } from './map-status';

export interface UpdateSettings {
  readonly client: MapClient;
  readonly form: MapForm;
  readonly trust: () => Trust;
  /** The signed hash by which the service knows that this node accepts; absent where no key to sign with is configured. */
  readonly acknowledge?: (hash: string) => Promise<Uint8Array>;
}

/** Network parameters that the map announces: fetched to be shown, and acknowledged once the operator has accepted them. */
export class ParametersWatch {
  private announced: AnnouncedUpdate | undefined;

  constructor(private readonly settings: UpdateSettings) {}

  get update(): AnnouncedUpdate | undefined {
    return this.announced;
  }

  /** Whether there is something left to do. */
  get isOpen(): boolean {
    return this.announced !== undefined && !this.announced.isAcknowledged;
  }

  /** Rejects with nothing but the signal's reason: what goes wrong is told in `update`, and tried again at the next call. */
  async attend(update: ParametersUpdate | undefined, decisions: MapDecisions, signal: AbortSignal): Promise<void> {
    if (update === undefined) {
      this.announced = undefined;
      return;
    }
    const { hash, description } = update;
    const before = this.announced?.hash === hash ? this.announced : undefined;
    const isAccepted = decisions.parameters.includes(hash);
    this.announced = {
      hash,
      description,
      deadline: millisecondsOf(update.deadline),
      isAccepted,
      isAcknowledged: isAccepted && before?.isAcknowledged === true,
      ...(before?.document === undefined ? {} : { document: before.document }),
    };
    try {
      await this.fetchDocument(hash, signal);
      if (isAccepted && !this.announced.isAcknowledged) await this.acknowledge(hash, signal);
    } catch (error) {
      signal.throwIfAborted();
      this.announced = { ...this.announced, problem: messageOf(error) };
    }
  }

  private async fetchDocument(hash: string, signal: AbortSignal): Promise<void> {
    const { client, form, trust } = this.settings;
    if (this.announced === undefined || this.announced.document !== undefined) return;
    const document = await form.readParameters(await client.parameters(hash, signal), hash, trust());
    this.announced = { ...this.announced, document };
  }

  private async acknowledge(hash: string, signal: AbortSignal): Promise<void> {
    const { acknowledge, client } = this.settings;
    if (acknowledge === undefined) {
      throw new Error('the service cannot be told, as node.identity with the key to sign with is not configured');
    }
    await client.acknowledge(await acknowledge(hash), signal);
    if (this.announced !== undefined) this.announced = { ...this.announced, isAcknowledged: true };
  }
}
