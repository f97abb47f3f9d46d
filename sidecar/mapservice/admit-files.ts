import type { Certificate } from '../certificates/certificate';
import { messageOf, NetmapError } from '../lib/errors';
import { admit } from './admission';
import type { Entry } from './entry';
import type { Registry } from './registry';
import { readSubmission } from './submission';

export interface NodeInfoFile {
  readonly name: string;
  /** Its bytes, or why they cannot be read. */
  readonly content: Buffer | NetmapError;
}

export interface RefusedFile {
  readonly file: string;
  readonly code: string;
  readonly reason: string;
}

/**
 * Takes NodeInfos from files into a registry, as a service would take them from nodes; of one node's, the last by its
 * serial stays. Gives those that are refused.
 */
export async function admitFiles(
  registry: Registry,
  files: readonly NodeInfoFile[],
  rules: { readonly roots: readonly Certificate[]; readonly maxNodes: number; readonly now: number },
): Promise<RefusedFile[]> {
  const { roots, maxNodes, now } = rules;
  const refused: RefusedFile[] = [];
  const read: { readonly file: string; readonly entry: Entry }[] = [];
  for (const { name, content } of files) {
    try {
      if (content instanceof NetmapError) throw content;
      read.push({ file: name, entry: await readSubmission(content, { roots, at: now }) });
    } catch (error) {
      refused.push(refusedFile(name, error));
    }
  }
  const minimumPlatformVersion = registry.inForce?.minimumPlatformVersion ?? 1;
  for (const { file, entry } of read.sort((one, other) => Number(one.entry.serial - other.entry.serial))) {
    try {
      const { events } = admit(registry, entry, { maxNodes, minimumPlatformVersion }, now);
      for (const event of events) registry.apply(event);
    } catch (error) {
      refused.push(refusedFile(file, error));
    }
  }
  return refused;
}

function refusedFile(file: string, error: unknown): RefusedFile {
  if (!(error instanceof NetmapError)) throw error;
  return { file, code: String(error.code), reason: messageOf(error) };
}
