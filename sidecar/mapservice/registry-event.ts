import type { DocumentForm } from '../network-map/signed-document';
import type { StoredEntry } from './entry';

/** Why a node is no longer in the map. */
export type LeavingReason = 'evicted' | 'removed' | 'banned';

/** What happened to the registry, as the journal keeps it; times in milliseconds since the epoch. */
export type RegistryEvent =
  | { readonly kind: 'published'; readonly entry: StoredEntry; readonly at: number }
  | { readonly kind: 'refreshed'; readonly node: string; readonly form: DocumentForm; readonly at: number }
  | { readonly kind: 'left'; readonly node: string; readonly form: DocumentForm; readonly why: LeavingReason }
  /** What a node that has left published last, so that nothing older of it is taken. */
  | { readonly kind: 'last'; readonly node: string; readonly form: DocumentForm; readonly last: LastPublished }
  | { readonly kind: 'banned'; readonly nameKey: string; readonly name: string }
  | { readonly kind: 'unbanned'; readonly nameKey: string }
  /** Parameters (JSON) that are in force from now on; ends an update. */
  | { readonly kind: 'parameters'; readonly json: string }
  /** An update is announced, or taken back. */
  | { readonly kind: 'update'; readonly update: StoredUpdate | null }
  | { readonly kind: 'acknowledged'; readonly node: string; readonly at: number };

export interface LastPublished {
  readonly serial: string;
  readonly hash: string;
}

export interface StoredUpdate {
  /** Parameters in JSON. */
  readonly json: string;
  readonly description: string;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
}
