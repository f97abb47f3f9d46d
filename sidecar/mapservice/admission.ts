import { nameOf, toStored, type Entry } from './entry';
import { Refusal } from './refusal';
import type { Holder, Registry } from './registry';
import type { RegistryEvent } from './registry-event';

export interface AdmissionRules {
  /** Entries that the map may have. */
  readonly maxNodes: number;
  readonly minimumPlatformVersion: number;
}

export interface Admission {
  readonly events: readonly RegistryEvent[];
  /** `refreshed`: the very NodeInfo that is in the map already. */
  readonly outcome: 'published' | 'refreshed';
}

/**
 * Whether a verified NodeInfo belongs into the map: one name one key, one key one node, newer serials only.
 * @throws Refusal NAME_BANNED, NAME_TAKEN, SERIAL_OLD, SERIAL_REUSED, PLATFORM_VERSION_LOW or MAP_FULL
 */
export function admit(registry: Registry, entry: Entry, rules: AdmissionRules, now: number): Admission {
  checkNames(registry, entry);
  if (entry.platformVersion < rules.minimumPlatformVersion) {
    const least = rules.minimumPlatformVersion;
    const message = `${nameOf(entry)} has platform version ${entry.platformVersion}, and the network asks for ${least}`;
    throw new Refusal('PLATFORM_VERSION_LOW', message);
  }
  const { node, form, hash } = entry;
  checkSerial(registry, entry);
  const seated = registry.entryOf(node, form);
  if (seated?.hash === hash) return { events: [{ kind: 'refreshed', node, form, at: now }], outcome: 'refreshed' };
  if (seated === undefined && registry.size >= rules.maxNodes) {
    throw new Refusal('MAP_FULL', `the map holds ${rules.maxNodes} nodes, and no more`);
  }
  return { events: [{ kind: 'published', entry: toStored(entry), at: now }], outcome: 'published' };
}

function checkNames(registry: Registry, { node, identities }: Entry): void {
  for (const { id, name, nameKey, role } of identities) {
    if (registry.banned.has(nameKey)) throw new Refusal('NAME_BANNED', `${name} is banned from this network`);
    const isOther = (held: Holder): boolean =>
      held.identity.id !== id || held.identity.role !== role || (role === 'legal' && held.node !== node);
    if (registry.holdersOf(nameKey).some(isOther)) throw taken(`the name ${name} goes with another key`);
    if (role === 'legal' && registry.holdersOf(id).some((held) => held.node !== node)) {
      throw taken(`the key of ${name} belongs to another node`);
    }
  }
}

function checkSerial(registry: Registry, { node, form, serial, hash, ...entry }: Entry): void {
  const last = registry.lastOf(node, form);
  if (last === undefined || serial > BigInt(last.serial) || hash === last.hash) return;
  const name = entry.identities[0]?.name ?? node;
  if (serial === BigInt(last.serial)) {
    throw new Refusal('SERIAL_REUSED', `${name} has published another NodeInfo with serial ${last.serial}`);
  }
  throw new Refusal('SERIAL_OLD', `${name} has published serial ${last.serial}, and this one has ${serial.toString()}`);
}

function taken(reason: string): Refusal {
  return new Refusal('NAME_TAKEN', `${reason}; it is free again when that one is evicted or removed`);
}
