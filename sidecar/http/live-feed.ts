import type { Clock } from '../lib/clock';
import type { PageNode, PagePeer, PagePeers } from './page-model';

/** Where one browser's events go. */
export interface Watcher {
  /** False when it does not keep up; it is given nothing more then. */
  write(text: string): boolean;
  end(): void;
}

export interface LiveFeedOptions {
  readonly node: () => PageNode;
  readonly peers: () => readonly PagePeer[];
  readonly clock: Clock;
}

/** Time between two looks while somebody watches. */
const LOOK_MS = 1_000;
/** A connection on which nothing comes is cut by proxies. */
const QUIET_MS = 15_000;
const RETRY_MS = 2_000;
export const MOST_WATCHERS = 50;

/** Tells every browser that watches what has changed, as server-sent events; costs nothing while none does. */
export class LiveFeed {
  private readonly watchers = new Set<Watcher>();
  private readonly known = new Map<string, string>();
  private lastNode = '';
  private toldAt = 0;
  private cancel: (() => void) | undefined;

  constructor(private readonly options: LiveFeedOptions) {}

  get watching(): number {
    return this.watchers.size;
  }

  /** Gives it all there is, then what changes; answers how to stop that. */
  watch(watcher: Watcher): () => void {
    this.look();
    const peers: PagePeers = { whole: true, peers: this.options.peers(), gone: [] };
    watcher.write(`retry: ${RETRY_MS}\n${event('node', this.options.node())}${event('peers', peers)}`);
    this.watchers.add(watcher);
    this.schedule();
    return () => void this.watchers.delete(watcher);
  }

  close(): void {
    this.cancel?.();
    for (const watcher of this.watchers) watcher.end();
    this.watchers.clear();
  }

  private schedule(): void {
    this.cancel ??= this.options.clock.after(LOOK_MS, () => {
      this.cancel = undefined;
      if (this.watchers.size === 0) return;
      const news = this.look();
      const now = this.options.clock.now();
      if (news !== '') this.tell(news, now);
      else if (now - this.toldAt >= QUIET_MS) this.tell(event('alive', {}), now);
      this.schedule();
    });
  }

  private tell(text: string, now: number): void {
    this.toldAt = now;
    for (const watcher of [...this.watchers]) {
      if (watcher.write(text)) continue;
      // It comes again by itself, and then gets what is true at that moment.
      this.watchers.delete(watcher);
      watcher.end();
    }
  }

  /** What has changed since the last look, as events. */
  private look(): string {
    const node = this.options.node();
    const text = JSON.stringify({ ...node, now: 0 });
    const nodeNews = text === this.lastNode ? '' : event('node', node);
    this.lastNode = text;
    const gone = new Set(this.known.keys());
    const changed: PagePeer[] = [];
    for (const peer of this.options.peers()) {
      gone.delete(peer.id);
      const row = JSON.stringify(peer);
      if (this.known.get(peer.id) === row) continue;
      this.known.set(peer.id, row);
      changed.push(peer);
    }
    for (const id of gone) this.known.delete(id);
    const peers: PagePeers = { whole: false, peers: changed, gone: [...gone] };
    return nodeNews + (changed.length + gone.size === 0 ? '' : event('peers', peers));
  }
}

function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
