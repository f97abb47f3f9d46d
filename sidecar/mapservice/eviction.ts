import { nameOf, type Entry } from './entry';
import type { AuditRecord } from './audit-log';
import type { Registry } from './registry';
import type { RegistryEvent } from './registry-event';

/** Nodes publish daily: a service that was down lets each of them be heard once before it judges. */
const HEARING_MS = 25 * 3_600_000;

export interface Due {
  readonly events: readonly RegistryEvent[];
  readonly records: readonly AuditRecord[];
}

/**
 * What time alone brings: nodes that were silent for longer than the event horizon leave, and parameters come into
 * force on their day. `startedAt` is when the service began to listen. Times in milliseconds since the epoch.
 */
export function dueEvents(registry: Registry, startedAt: number, now: number): Due {
  const left = registry
    .entries()
    .filter(({ refreshedAt }) => leavesAt(registry, refreshedAt, startedAt) <= now)
    .map(({ entry }) => entry);
  const { update } = registry;
  const isFlagDay = update !== undefined && update.deadline <= now;
  return {
    events: [
      ...left.map(({ node, form }): RegistryEvent => ({ kind: 'left', node, form, why: 'evicted' })),
      ...(isFlagDay ? [{ kind: 'parameters', json: update.json } as const] : []),
    ],
    records: [
      ...left.map((entry: Entry): AuditRecord => ({ action: 'left', name: nameOf(entry), reason: 'evicted' })),
      ...(isFlagDay ? [{ action: 'parameters', reason: update.description } as const] : []),
    ],
  };
}

/** When `dueEvents` will have something next, unless something happens before; infinite when never. */
export function nextDue(registry: Registry, startedAt: number): number {
  const leaving = registry.entries().map(({ refreshedAt }) => leavesAt(registry, refreshedAt, startedAt));
  return leaving.reduce((least, at) => Math.min(least, at), registry.update?.deadline ?? Infinity);
}

function leavesAt(registry: Registry, refreshedAt: number, startedAt: number): number {
  const eventHorizon = registry.inForce?.eventHorizon ?? Infinity;
  return Math.max(refreshedAt + eventHorizon, startedAt + Math.min(eventHorizon, HEARING_MS));
}
