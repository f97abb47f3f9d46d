import type { DocumentForm } from '../network-map/signed-document';
import type { NetworkParametersDocument } from '../network-map/network-parameters';
import { fromStored, toStored, type Entry, type EntryIdentity } from './entry';
import { parametersOf } from './parameters-settings';
import type { LastPublished, RegistryEvent, StoredUpdate } from './registry-event';

interface Seat {
  readonly entry: Entry;
  /** Milliseconds since the epoch. */
  readonly refreshedAt: number;
}

/** Who holds a name or a key. */
export interface Holder {
  readonly node: string;
  readonly identity: EntryIdentity;
}

/** Who is on the network, as the events until now have it. Changes by `apply` alone. */
export class Registry {
  private readonly seats = new Map<string, Seat>();
  private readonly byHash = new Map<string, Entry>();
  private readonly last = new Map<string, LastPublished>();
  private readonly holders = new Map<string, Map<string, Holder>>();
  private readonly bans = new Map<string, string>();
  private readonly acknowledgements = new Map<string, number>();
  private readonly past: string[] = [];
  private announced: StoredUpdate | undefined;
  private current: NetworkParametersDocument | undefined;

  /** Parameters in JSON that are or were in force; the last is in force. */
  get parameters(): readonly string[] {
    return this.past;
  }

  get inForce(): NetworkParametersDocument | undefined {
    return this.current;
  }

  get update(): StoredUpdate | undefined {
    return this.announced;
  }

  /** Nodes that accept the update, and when they said so. */
  get acknowledged(): ReadonlyMap<string, number> {
    return this.acknowledgements;
  }

  /** Names that the operator has banned, by their keys. */
  get banned(): ReadonlyMap<string, string> {
    return this.bans;
  }

  get size(): number {
    return this.seats.size;
  }

  /** Entries of one form. */
  count(form: DocumentForm): number {
    return this.entries().filter(({ entry }) => entry.form === form).length;
  }

  entries(): Seat[] {
    return [...this.seats.values()];
  }

  entryByHash(hash: string): Entry | undefined {
    return this.byHash.get(hash);
  }

  entryOf(node: string, form: DocumentForm): Entry | undefined {
    return this.seats.get(seatKey(node, form))?.entry;
  }

  /** What the node published last in this form, be it in the map or not. */
  lastOf(node: string, form: DocumentForm): LastPublished | undefined {
    return this.last.get(seatKey(node, form));
  }

  /** Who states a name, by its key, or holds a legal identity's key, by its id. */
  holdersOf(key: string): Holder[] {
    return [...(this.holders.get(key)?.values() ?? [])];
  }

  apply(event: RegistryEvent): void {
    switch (event.kind) {
      case 'published':
        this.seat(fromStored(event.entry), event.at);
        break;
      case 'refreshed': {
        const key = seatKey(event.node, event.form);
        const seat = this.seats.get(key);
        if (seat !== undefined) this.seats.set(key, { ...seat, refreshedAt: event.at });
        break;
      }
      case 'left':
        this.unseat(seatKey(event.node, event.form));
        break;
      case 'last':
        this.last.set(seatKey(event.node, event.form), event.last);
        break;
      case 'banned':
        this.bans.set(event.nameKey, event.name);
        break;
      case 'unbanned':
        this.bans.delete(event.nameKey);
        break;
      case 'parameters':
        this.past.push(event.json);
        this.current = parametersOf(event.json);
        this.announce(undefined);
        break;
      case 'update':
        this.announce(event.update ?? undefined);
        break;
      case 'acknowledged':
        this.acknowledgements.set(event.node, event.at);
        break;
    }
  }

  /** The fewest events that lead to this state. */
  events(): RegistryEvent[] {
    const formless = [...this.last].filter(([key]) => !this.seats.has(key));
    return [
      ...this.past.map((json): RegistryEvent => ({ kind: 'parameters', json })),
      ...(this.announced === undefined ? [] : [{ kind: 'update', update: this.announced } as const]),
      ...formless.map(([key, last]): RegistryEvent => ({ kind: 'last', ...partsOf(key), last })),
      ...this.entries().map(({ entry, refreshedAt }): RegistryEvent => {
        return { kind: 'published', entry: toStored(entry), at: refreshedAt };
      }),
      ...[...this.bans].map(([nameKey, name]): RegistryEvent => ({ kind: 'banned', nameKey, name })),
      ...[...this.acknowledgements].map(([node, at]): RegistryEvent => ({ kind: 'acknowledged', node, at })),
    ];
  }

  private seat(entry: Entry, at: number): void {
    const key = seatKey(entry.node, entry.form);
    this.unseat(key);
    this.seats.set(key, { entry, refreshedAt: at });
    this.byHash.set(entry.hash, entry);
    this.last.set(key, { serial: entry.serial.toString(), hash: entry.hash });
    for (const identity of entry.identities) {
      for (const held of keysOf(identity)) {
        const holders = this.holders.get(held) ?? new Map<string, Holder>();
        holders.set(key, { node: entry.node, identity });
        this.holders.set(held, holders);
      }
    }
  }

  private unseat(key: string): void {
    const entry = this.seats.get(key)?.entry;
    if (entry === undefined) return;
    this.seats.delete(key);
    this.byHash.delete(entry.hash);
    for (const held of entry.identities.flatMap(keysOf)) {
      const holders = this.holders.get(held);
      holders?.delete(key);
      if (holders?.size === 0) this.holders.delete(held);
    }
  }

  private announce(update: StoredUpdate | undefined): void {
    this.announced = update;
    this.acknowledgements.clear();
  }
}

/** What one identity keeps others from having: its name, and a legal one its key. */
function keysOf({ id, nameKey, role }: EntryIdentity): string[] {
  return role === 'legal' ? [nameKey, id] : [nameKey];
}

function seatKey(node: string, form: DocumentForm): string {
  return `${form} ${node}`;
}

function partsOf(key: string): { readonly node: string; readonly form: DocumentForm } {
  return { form: key.startsWith('json ') ? 'json' : 'corda', node: key.slice(key.indexOf(' ') + 1) };
}
