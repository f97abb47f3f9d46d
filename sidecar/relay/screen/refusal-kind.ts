/** Why the screen refuses, in so few words that each can be a metric of its own. */
export const REFUSAL_KINDS = [
  'no-ids',
  'frame',
  'content-type',
  'size',
  'type',
  'field',
  'id',
  'time',
  'broker',
] as const;
export type RefusalKind = (typeof REFUSAL_KINDS)[number] | 'other';

/** By how the reasons begin: what follows is what the peer wrote. */
const BEGINNINGS: readonly (readonly [RefusalKind, RegExp])[] = [
  ['no-ids', /^No IDs are allotted/],
  ['frame', /^(?:SEND command without|The frame header)/],
  ['content-type', /^Unsupported content type/],
  ['size', /^The body is too large/],
  ['type', /^Invalid message type/],
  ['id', /^Invalid (?:creditor|debtor|coordinator)/],
  ['field', /^Invalid \S+ message/],
  ['time', /^The message timestamp/],
  ['broker', /^The own broker does not take it/],
];

export function refusalKind(reason: string): RefusalKind {
  return BEGINNINGS.find(([, beginning]) => beginning.test(reason))?.[0] ?? 'other';
}

/** What the screen has done since it was made. */
export interface ScreenCounts {
  readonly accepted: number;
  readonly refused: Readonly<Partial<Record<RefusalKind, number>>>;
}
