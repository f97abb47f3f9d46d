import { parse } from 'lossless-json';

/** What a message's body says; numbers are LosslessNumber, since they have 64 bits. */
export type Fields = Readonly<Record<string, unknown>>;

/** The fields of a body; what is wrong, in words, where it has none. */
export function fieldsOf(body: Buffer): Fields | string {
  try {
    const value = parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : 'it is no object';
  } catch {
    return 'it is not JSON in UTF-8';
  }
}

/** A text, something that opens or closes, or anything else of a value; white space, commas and colons are between them. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]]|[^\s,:{}[\]"]+/g;

/**
 * The body with other numbers in these fields, every other byte as it was; the very same where there is nothing to
 * replace. It must be a JSON object whose fields of these names are numbers.
 */
export function withNumbers(body: Buffer, numbers: Readonly<Record<string, string>>): Buffer {
  if (Object.keys(numbers).length === 0) return body;
  const json = body.toString();
  const parts: string[] = [];
  let [depth, end, key]: [number, number, string | undefined] = [0, 0, undefined];
  for (const { 0: token, index } of json.matchAll(TOKEN)) {
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (depth === 1 && key === undefined) {
      key = JSON.parse(token) as string;
      continue;
    } else if (depth === 1 && key !== undefined && Object.hasOwn(numbers, key)) {
      parts.push(json.slice(end, index), numbers[key] ?? '');
      end = index + token.length;
    }
    if (depth === 1) key = undefined;
  }
  return Buffer.from(parts.join('') + json.slice(end));
}
