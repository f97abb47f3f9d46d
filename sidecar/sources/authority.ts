import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AuthorityError } from '../authority/authority-error';
import { readDatabase, type Database } from '../authority/read-database';
import type { Clock } from '../lib/clock';
import { sha256Hex } from '../lib/digest';
import type { SwaptacularNode, SwaptacularPeer } from '../network/swaptacular-node';
import { authorityPeer } from './authority-peer';
import { park } from './parking';
import type { MapSnapshot, MapSource, SnapshotListener } from './source';

export interface AuthoritySourceOptions {
  /** Folder of the authority's database. */
  readonly folder: string;
  readonly clock: Clock;
  /** Time between two looks, milliseconds. */
  readonly intervalMs: number;
}

/** Names what is wrong with the database as a whole among the inputs. */
const WHOLE = 'the database';

/**
 * The peers of a Swaptacular node: those whom its authority's database calls active. A peer that cannot be read is parked
 * and stays as it was known before; a database that cannot be read changes nothing.
 */
export class AuthoritySource implements MapSource {
  private node: SwaptacularNode | undefined;
  private current: MapSnapshot = { peers: [], parked: [], serials: new Map(), revision: 0 };
  private cancel: () => void = () => undefined;
  private looking: Promise<void> = Promise.resolve();
  private running = false;
  /** What the folder looked like when it was read last. */
  private seen = '';

  constructor(private readonly options: AuthoritySourceOptions) {}

  /** Throws AuthorityError where the database cannot be read. */
  async start(listener: SnapshotListener): Promise<void> {
    const { folder } = this.options;
    this.seen = await fingerprint(folder);
    this.take(await readDatabase(folder));
    listener(this.current);
    this.running = true;
    this.schedule(listener);
  }

  async stop(): Promise<void> {
    this.running = false;
    this.cancel();
    await this.idle();
  }

  snapshot(): MapSnapshot {
    return this.current;
  }

  /** The own node as it was read last; undefined before the start. */
  own(): SwaptacularNode | undefined {
    return this.node;
  }

  /** Resolves when the look that has begun has ended. */
  async idle(): Promise<void> {
    await this.looking;
  }

  private schedule(listener: SnapshotListener): void {
    const { clock, intervalMs } = this.options;
    this.cancel = clock.after(intervalMs, () => {
      this.looking = this.look(listener).finally(() => {
        if (this.running) this.schedule(listener);
      });
    });
  }

  private async look(listener: SnapshotListener): Promise<void> {
    const { folder, clock } = this.options;
    const seen = await fingerprint(folder);
    if (seen === this.seen) return;
    const before = this.current;
    try {
      this.take(await readDatabase(folder));
      this.seen = seen;
    } catch (error) {
      if (!(error instanceof AuthorityError)) throw error;
      const parked = park(before.parked, [...before.parked, { origin: WHOLE, error }], clock.now());
      this.current = { ...before, parked, revision: before.revision + 1 };
      this.seen = seen;
    }
    if (this.running) listener(this.current);
  }

  private take({ node, refused }: Database): void {
    const { current } = this;
    this.node = node;
    const bad = new Set(refused.map(({ id }) => id));
    const known = current.peers.filter(({ origin }) => bad.has(origin));
    const active = node.peers.filter(({ state }) => state === 'active');
    const errors = refused.map(({ id, error }) => ({ origin: id, error }));
    this.current = {
      peers: [...active.map(sourced), ...known].sort((a, b) => (a.origin < b.origin ? -1 : 1)),
      parked: park(current.parked, errors, this.options.clock.now()),
      serials: current.serials,
      revision: current.revision + 1,
    };
  }
}

function sourced(peer: SwaptacularPeer): MapSnapshot['peers'][number] {
  return {
    peer: authorityPeer(peer.id, peer.rootCertificate, peer.stomp.servers, peer),
    origin: peer.id,
    version: sha256Hex(JSON.stringify(peer)),
  };
}

/** Differs when a file of the database was written, came or went. */
async function fingerprint(folder: string): Promise<string> {
  const files = await readdir(folder, { recursive: true }).catch(() => []);
  const parts = await Promise.all(
    files.sort().map(async (file) => {
      const found = await stat(join(folder, file), { bigint: true }).catch(() => undefined);
      return `${file} ${found?.mtimeNs ?? '-'} ${found?.size ?? '-'} ${found?.ino ?? '-'}`;
    }),
  );
  return sha256Hex(parts.join('\n'));
}
