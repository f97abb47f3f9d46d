import { HEADER } from '../headers';
import type { Selection } from '../transport';

/** As Artemis reads it; names with hyphens need the word before them. */
export function selectorOf({ replyFor, topic }: Selection): string {
  const replies = replyFor === undefined ? `${HEADER.replyFor} IS NULL` : `${HEADER.replyFor} = ${quoted(replyFor)}`;
  if (topic === undefined) return replies;
  return `hyphenated_props:${HEADER.topic} = ${quoted(topic)} AND ${replies}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
