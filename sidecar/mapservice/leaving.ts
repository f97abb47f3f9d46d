import type { X500Name } from '../certificates/x500-name';
import type { Registry } from './registry';
import type { LeavingReason, RegistryEvent } from './registry-event';

/** What takes every node that has this name as a legal one out of the map. */
export function leavingEvents(registry: Registry, name: X500Name, why: LeavingReason): RegistryEvent[] {
  const nodes = new Set(
    registry
      .holdersOf(name.key())
      .filter(({ identity }) => identity.role === 'legal')
      .map(({ node }) => node),
  );
  return registry
    .entries()
    .filter(({ entry }) => nodes.has(entry.node))
    .map(({ entry: { node, form } }): RegistryEvent => ({ kind: 'left', node, form, why }));
}
