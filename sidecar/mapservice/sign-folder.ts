import { admitFiles, type NodeInfoFile, type RefusedFile } from './admit-files';
import { writeMapFolder } from './map-folder';
import type { MapServiceConfig } from './map-service-config';
import { contentOf } from './map-signing';
import type { Registry } from './registry';
import { signedOf, type SignedMap } from './signed-map';
import { SignedNetwork } from './signed-network';

export interface SignFolderRequest {
  readonly folder: string;
  /** What is to be in the map; all that the registry holds without them. */
  readonly files?: readonly NodeInfoFile[];
  /** Writes the map of the others where some files are refused. */
  readonly skipRefused: boolean;
}

export interface SignedFolder {
  readonly refused: readonly RefusedFile[];
  /** Undefined when nothing was written. */
  readonly signed: SignedMap | undefined;
}

/**
 * Signs a map in the place of a service, and writes it into a folder; the registry is used up. Rejects with
 * NetworkMapError or MapFolderError.
 */
export async function signFolder(
  registry: Registry,
  config: MapServiceConfig,
  { folder, files, skipRefused }: SignFolderRequest,
  now: number,
): Promise<SignedFolder> {
  const { roots, limits, privateMaps, mapSigner, parametersSigner } = config;
  // Who is not among the files has left, and holds no name any more; bans and serials are still known.
  if (files !== undefined) clear(registry);
  const rules = { roots, maxNodes: limits.nodes, now };
  const refused = files === undefined ? [] : await admitFiles(registry, files, rules);
  if (refused.length > 0 && !skipRefused) return { refused, signed: undefined };
  const content = contentOf(registry, privateMaps);
  const network = await SignedNetwork.sign(content, { map: mapSigner, parameters: parametersSigner }, now);
  await writeMapFolder(folder, network, content.entries);
  return { refused, signed: signedOf(network, content.entries.length) };
}

function clear(registry: Registry): void {
  for (const { entry } of registry.entries()) {
    registry.apply({ kind: 'left', node: entry.node, form: entry.form, why: 'removed' });
  }
}
