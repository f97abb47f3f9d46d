import type { RelayMessage } from '../../../sidecar/relay/relay-message';

/** Messages that say their places in the row, from `first` on. */
export function numbered(count: number, first = 0): RelayMessage[] {
  return Array.from({ length: count }, (_, at) => numberedMessage(first + at));
}

export function numberedMessage(number: number): RelayMessage {
  const body = Buffer.from(JSON.stringify({ type: 'PrepareTransfer', number }));
  return { id: String(number), type: 'PrepareTransfer', contentType: 'application/json', body };
}

/** The place in the row that a stored body says. */
export function numberIn(body: string): number {
  return (JSON.parse(body) as { number: number }).number;
}
