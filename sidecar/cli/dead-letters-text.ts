import type { DeadLetter } from '../control/dead-letters/dead-letter';
import { CAUSE_TEXT } from '../control/dead-letters/slices';
import type { DeadLetterCount } from '../control/dead-letters/store';
import { printable } from '../lib/log-text';
import { duration } from './duration';
import { table } from './output';

/** With the name of its peer, where the map has it. */
export type Named<Entry> = Entry & { readonly peerName?: string };

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const MOST_SHOWN = 4_000;

export function countsText(counts: readonly Named<DeadLetterCount>[], now: number): string {
  if (counts.length === 0) return 'no dead letters';
  const rows = counts.map((entry) => [
    entry.count,
    entry.direction,
    whose(entry),
    entry.cause,
    entry.oldest === undefined ? '' : `${duration(now - entry.oldest)} ago`,
  ]);
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  return `${table(['count', 'way', 'peer', 'cause', 'oldest'], rows)}\n${total} in all`;
}

export function entriesText(letters: readonly Named<DeadLetter>[], total: number, skip: number): string {
  if (letters.length === 0) return 'no dead letters';
  const rows = letters.map((letter) => [
    letter.id,
    timeText(letter.diedAt),
    letter.direction,
    whose(letter),
    letter.cause,
    letter.attempts ?? '',
    letter.body.length,
    letter.topic ?? '',
    letter.reason ?? '',
  ]);
  const header = ['id', 'died', 'way', 'peer', 'cause', 'attempts', 'bytes', 'topic', 'reason'];
  const last = skip + letters.length;
  const more = last < total ? `; more: --skip ${last}` : '';
  return `${table(header, rows)}\n${skip + 1} to ${last} of ${total}${more}`;
}

export function letterText(letter: Named<DeadLetter>): string {
  const { body } = letter;
  const fields: (readonly [string, string | number | undefined])[] = [
    ['id', letter.id],
    ['cause', CAUSE_TEXT[letter.cause]],
    ['reason', letter.reason],
    ['died', timeText(letter.diedAt)],
    ['came in', letter.arrivedAt === undefined ? undefined : timeText(letter.arrivedAt)],
    ['attempts', letter.attempts],
    [PEER[letter.direction], whose(letter)],
    ['origin', letter.origin],
    ['queue', letter.originQueue],
    ['message', letter.messageId],
    ['duplicate', letter.duplicateId],
    ['answers', letter.correlationId],
    ['topic', letter.topic],
    ['type', letter.contentType],
    ['encoding', letter.contentEncoding],
    ['bytes', body.length],
  ];
  const lines = fields.flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [`${name.padEnd(10)}${value}`],
  );
  const headers = Object.entries(letter.properties).map(([name, value]) => `  ${name} = ${value}`);
  return [...[...lines, 'headers', ...headers].map(printable), '', bodyText(body)].join('\n');
}

export function letterJson({ body, diedAt, arrivedAt, sentAt, ...rest }: Named<DeadLetter>, withBody: boolean): object {
  const text = withBody ? textOf(body) : undefined;
  return {
    ...rest,
    bytes: body.length,
    ...(diedAt === undefined ? {} : { diedAt: timeText(diedAt) }),
    ...(arrivedAt === undefined ? {} : { arrivedAt: timeText(arrivedAt) }),
    ...(sentAt === undefined ? {} : { sentAt: timeText(sentAt) }),
    ...(!withBody ? {} : text === undefined ? { bodyBase64: body.toString('base64') } : { body: text }),
  };
}

export async function named<Entry extends { readonly peer?: string }>(
  entries: readonly Entry[],
  nameOf: (id: string) => Promise<string | undefined>,
): Promise<Named<Entry>[]> {
  const ids = [...new Set(entries.flatMap(({ peer }) => peer ?? []))];
  const names = new Map(await Promise.all(ids.map(async (id) => [id, await nameOf(id)] as const)));
  return entries.map((entry) => {
    const peerName = entry.peer === undefined ? undefined : names.get(entry.peer);
    return peerName === undefined ? entry : { ...entry, peerName };
  });
}

const PEER: Readonly<Record<DeadLetter['direction'], string>> = {
  in: 'from',
  out: 'for',
  rpc: 'from user',
  unknown: 'peer',
};

function whose({ peer, peerName }: Named<{ readonly peer?: string }>): string {
  return peerName ?? peer ?? '-';
}

function timeText(at: number | undefined): string {
  return at === undefined ? '-' : new Date(at).toISOString();
}

function bodyText(body: Buffer): string {
  const text = textOf(body);
  const shown = text ?? body.toString('base64');
  const cut = shown.length > MOST_SHOWN ? `${shown.slice(0, MOST_SHOWN)}…\n(all of it: --body FILE)` : shown;
  return cut.split('\n').map(printable).join('\n');
}

function textOf(body: Buffer): string | undefined {
  try {
    return utf8.decode(body);
  } catch {
    return undefined;
  }
}
