import { sha256Hex } from '../../lib/digest';

const FORMAT = 'artemis-netmap network map';
const VERSION = 1;

/** A file with entries and what vouches for its content. */
export interface Segment {
  readonly name: string;
  /** SHA-256 of the content, hex. */
  readonly sha256: string;
  readonly count: number;
}

/** All that one generation of the cache says but for the entries themselves. Bytes in base64. */
export interface Generation {
  readonly number: number;
  readonly segments: readonly Segment[];
  /** Hashes of the entries that belong to it; its segments may hold others. */
  readonly entries: readonly string[];
  readonly facts: GenerationFacts;
}

/** Small values that the cache keeps for its user and does not look into. */
export type GenerationFacts = Readonly<Record<string, unknown>>;

/** Two lines: a head with the checksum of what follows, and the generation as JSON. */
export function writeGeneration(generation: Generation): string {
  const content = JSON.stringify(generation);
  return `${JSON.stringify({ format: FORMAT, version: VERSION, sha256: sha256Hex(content) })}\n${content}\n`;
}

/** What `writeGeneration` wrote. Throws an Error that says why not: cut short, changed, or of another program. */
export function readGeneration(text: string): Generation {
  const [first = '', content = '', ...rest] = text.split('\n');
  const head = headOf(first);
  if (head['format'] !== FORMAT) throw new Error('it was not written by this program');
  if (head['version'] !== VERSION) throw new Error(`its version is ${String(head['version'])}, not ${VERSION}`);
  if (head['sha256'] !== sha256Hex(content) || rest.join('') !== '' || rest.length !== 1) {
    throw new Error('it is cut short or was changed');
  }
  return JSON.parse(content) as Generation;
}

function headOf(line: string): Readonly<Record<string, unknown>> {
  try {
    const head: unknown = JSON.parse(line);
    if (typeof head === 'object' && head !== null) return head as Readonly<Record<string, unknown>>;
  } catch {
    // Said below.
  }
  throw new Error('its first line is not a JSON object');
}
