import { Backoff } from '../lib/backoff';
import type { Clock } from '../lib/clock';
import { messageOf } from '../lib/errors';
import { logTransition, type Logger } from '../lib/log';
import type { MapClient } from '../sources/http/map-client';

export interface PublisherParts {
  readonly client: Pick<MapClient, 'publish'>;
  /** The signed NodeInfo, until there is another. */
  readonly nodeInfo: Uint8Array;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

/** Whether the map service has this node's NodeInfo; times are milliseconds since the epoch. */
export interface PublishStatus {
  /** The last time that the service took it in this run. */
  readonly publishedAt?: number;
  /** Why it did not at the last try. */
  readonly problem?: string;
}

const DAY_MS = 86_400_000;
const RETRY = { min: 1_000, max: 600_000 };

/** Publishes the own NodeInfo at the start and daily, by which the service sees that this node lives; keeps trying. */
export class Publisher {
  private readonly backoff: Backoff;
  private readonly abort = new AbortController();
  private current: PublishStatus = {};
  private cancel: () => void = () => undefined;
  private publishing: Promise<void> = Promise.resolve();
  private isStarted = false;
  private nodeInfo: Uint8Array;

  constructor(private readonly parts: PublisherParts) {
    this.nodeInfo = parts.nodeInfo;
    this.backoff = new Backoff({ ...RETRY, random: parts.random });
  }

  start(): void {
    this.isStarted = true;
    this.publishing = this.publish();
  }

  /** Publishes this one from now on: at once, where the start has been. */
  renew(nodeInfo: Uint8Array): void {
    this.nodeInfo = nodeInfo;
    if (!this.isStarted) return;
    this.publishing = this.publishing.then(async () => {
      this.cancel();
      if (!this.abort.signal.aborted) await this.publish();
    });
  }

  async stop(): Promise<void> {
    this.abort.abort(new Error('stopped'));
    this.cancel();
    await this.publishing;
  }

  status(): PublishStatus {
    return this.current;
  }

  private async publish(): Promise<void> {
    const { client, clock } = this.parts;
    const { signal } = this.abort;
    let wait = DAY_MS;
    try {
      await client.publish(this.nodeInfo, signal);
      this.backoff.reset();
      this.note({ publishedAt: clock.now() });
    } catch (error) {
      if (signal.aborted) return;
      const { publishedAt } = this.current;
      this.note({ ...(publishedAt === undefined ? {} : { publishedAt }), problem: messageOf(error) });
      wait = this.backoff.next();
    }
    if (!signal.aborted) this.cancel = clock.after(wait, () => void (this.publishing = this.publish()));
  }

  private note(status: PublishStatus): void {
    const { log } = this.parts;
    const state = ({ publishedAt, problem }: PublishStatus): string =>
      problem === undefined ? (publishedAt === undefined ? 'unpublished' : 'published') : 'refused';
    const [from, to] = [state(this.current), state(status)];
    this.current = status;
    if (from === to) return;
    const reason = status.problem ?? 'the map service has taken the NodeInfo of this node';
    logTransition(log, { subject: 'own NodeInfo', from, to, reason }, to === 'refused' ? 'warn' : 'info');
  }
}
