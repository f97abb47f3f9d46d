import type { X500Name } from '../certificates/x500-name';
import type { Clock } from '../lib/clock';
import type { Logger } from '../lib/log';
import type { AuditLog } from './audit-log';
import type { Registry } from './registry';
import type { ServiceObserver } from './service-observer';
import { SignedNetwork, type NetworkContent, type NetworkSigners } from './signed-network';

export interface MapSigningOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly audit: AuditLog;
  readonly observer?: ServiceObserver;
  readonly signers: NetworkSigners;
  /** Least time between two signatures of the map, milliseconds. */
  readonly signIntervalMs: number;
  /** Private maps by their UUIDs: the names of their members, who are in no other map. */
  readonly privateMaps: ReadonlyMap<string, readonly X500Name[]>;
}

interface Asking {
  readonly resolve: (network: SignedNetwork) => void;
  readonly reject: (error: unknown) => void;
}

/** Signs what the registry holds: when it has changed, not too often, or when somebody asks. */
export class MapSigning {
  private current: SignedNetwork | undefined;
  private isDirty = true;
  private asking: Asking[] = [];
  private cancelDue: (() => void) | undefined;

  /** `wake` has `settle` called soon, between two changes of the registry. */
  constructor(
    private readonly options: MapSigningOptions,
    private readonly registry: () => Registry,
    private readonly wake: () => void,
  ) {}

  /** What is served; documents that belong together. */
  get network(): SignedNetwork {
    if (this.current === undefined) throw new RangeError('the service is used before it has begun');
    return this.current;
  }

  /** Signs as soon as what is being changed is safe. Rejects with NetworkMapError. */
  ask(): Promise<SignedNetwork> {
    return new Promise((resolve, reject) => {
      this.asking.push({ resolve, reject });
      this.wake();
    });
  }

  /** The registry is at rest, and what it holds is safe on the disk. */
  async settle(hasChanged: boolean): Promise<void> {
    this.isDirty ||= hasChanged;
    if (this.current === undefined) return;
    const asking = this.asking.splice(0);
    if (asking.length > 0) {
      await this.answer(asking);
    } else if (this.isDirty && this.cancelDue === undefined) {
      const { clock, signIntervalMs } = this.options;
      // Of a clock that was set back the last signature is in the future.
      const since = clock.now() - this.current.signedAt;
      const wait = since < 0 ? 0 : signIntervalMs - since;
      if (wait <= 0) await this.signSafely();
      else this.signIn(wait);
    }
  }

  /** `isAsked` has it in the audit log even where nothing has changed. */
  async sign(isAsked = false): Promise<SignedNetwork> {
    const { signers, clock, audit, observer, privateMaps } = this.options;
    const before = this.current;
    const begun = clock.now();
    const registry = this.registry();
    this.current = await SignedNetwork.sign(contentOf(registry, privateMaps), signers, begun, before);
    this.isDirty = false;
    observer?.signed(clock.now() - begun);
    const { hash } = this.current.map('corda');
    const isNew = before?.map('corda').hash !== hash;
    if (isNew || isAsked) audit.write({ action: 'signed', hash, nodes: registry.size });
    return this.current;
  }

  stop(): void {
    this.cancelDue?.();
  }

  private async answer(asking: readonly Asking[]): Promise<void> {
    try {
      const network = await this.sign(true);
      for (const { resolve } of asking) resolve(network);
    } catch (error) {
      for (const { reject } of asking) reject(error);
    }
  }

  private signIn(wait: number): void {
    this.cancelDue = this.options.clock.after(wait, () => {
      this.cancelDue = undefined;
      this.wake();
    });
  }

  private async signSafely(): Promise<void> {
    try {
      await this.sign();
    } catch (error) {
      this.options.log.error('the network map cannot be signed; the last one is served on', { error });
    }
  }
}

/** What there is to sign. */
export function contentOf(registry: Registry, privateMaps: MapSigningOptions['privateMaps']): NetworkContent {
  const nodesOf = (name: X500Name): string[] => registry.holdersOf(name.key()).map(({ node }) => node);
  const { parameters, update } = registry;
  return {
    entries: registry.entries().map(({ entry }) => entry),
    parameters,
    update,
    privateMaps: new Map([...privateMaps].map(([id, names]) => [id, new Set(names.flatMap(nodesOf))])),
  };
}
