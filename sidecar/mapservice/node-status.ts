import type { DocumentForm } from '../network-map/signed-document';
import { nameOf } from './entry';
import type { Registry } from './registry';

/** A node as operators see it. */
export interface NodeStatus {
  readonly name: string;
  readonly node: string;
  readonly form: DocumentForm;
  readonly hash: string;
  readonly serial: string;
  readonly platformVersion: number;
  /** Milliseconds since the epoch. */
  readonly refreshedAt: number;
  /** When it accepted the update that is announced; milliseconds since the epoch. */
  readonly acknowledgedAt?: number;
}

export function nodeStatuses(registry: Registry): NodeStatus[] {
  return registry.entries().map(({ entry, refreshedAt }) => {
    const { node, form, hash, serial, platformVersion } = entry;
    const acknowledgedAt = registry.acknowledged.get(node);
    return {
      name: nameOf(entry),
      ...{ node, form, hash, serial: serial.toString(), platformVersion, refreshedAt },
      ...(acknowledgedAt === undefined ? {} : { acknowledgedAt }),
    };
  });
}
