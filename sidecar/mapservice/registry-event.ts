import { checkJson, validatorOf } from '../network-map/json-form';
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

const text = { type: 'string' };
const time = { type: 'number' };
const place = { node: text, form: { enum: ['corda', 'json'] } };
const identity = shapeOf({ id: text, name: text, nameKey: text, role: { enum: ['legal', 'service'] } });
const entry = shapeOf({
  ...place,
  hash: text,
  serial: { type: 'string', pattern: '^[0-9]{1,19}$' },
  platformVersion: { type: 'integer' },
  identities: { type: 'array', items: identity },
  bytes: text,
});
const update = shapeOf({ json: text, description: text, deadline: time });

const isEvent = validatorOf<RegistryEvent>({
  type: 'object',
  oneOf: [
    shapeOf({ kind: { const: 'published' }, entry, at: time }),
    shapeOf({ kind: { const: 'refreshed' }, ...place, at: time }),
    shapeOf({ kind: { const: 'left' }, ...place, why: { enum: ['evicted', 'removed', 'banned'] } }),
    shapeOf({ kind: { const: 'last' }, ...place, last: shapeOf({ serial: text, hash: text }) }),
    shapeOf({ kind: { const: 'banned' }, nameKey: text, name: text }),
    shapeOf({ kind: { const: 'unbanned' }, nameKey: text }),
    shapeOf({ kind: { const: 'parameters' }, json: text }),
    shapeOf({ kind: { const: 'update' }, update: { anyOf: [update, { type: 'null' }] } }),
    shapeOf({ kind: { const: 'acknowledged' }, node: text, at: time }),
  ],
});

/**
 * What a file says that may have come from anywhere, as an event.
 * @throws JsonFormError
 */
export function checkEvent(value: unknown): RegistryEvent {
  return checkJson(value, isEvent, 'the event');
}

function shapeOf(properties: Readonly<Record<string, object>>): object {
  return { type: 'object', required: Object.keys(properties), additionalProperties: false, properties };
}
