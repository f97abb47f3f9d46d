import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../lib/atomic-file';
import { eachLimited } from '../lib/each-limited';
import { messageOf, NetmapError } from '../lib/errors';
import { isHash } from '../network-map/hash';
import type { DocumentForm } from '../network-map/signed-document';
import type { Entry } from './entry';
import { forms, type SignedNetwork } from './signed-network';

/** MAP_FOLDER: the folder for a map's files cannot be used. */
export class MapFolderError extends NetmapError<'MAP_FOLDER'> {}

const AT_ONCE = 8;

/**
 * Writes what a service would serve into files for any web server: `corda` and `json` are folders for the base of a
 * node's URL, each with Corda's paths below, and the map itself as `network-map/index`. Beside them lie the plain files
 * network-map and network-parameters, in both forms. A map comes after all that it names. Rejects with MapFolderError.
 */
export async function writeMapFolder(folder: string, network: SignedNetwork, entries: readonly Entry[]): Promise<void> {
  try {
    for (const form of forms) {
      await writeForm(
        join(folder, form, 'network-map'),
        form,
        network,
        entries.filter((entry) => entry.form === form),
      );
    }
    for (const [form, ending] of [['corda', ''] as const, ['json', '.json'] as const]) {
      await writeFileAtomic(join(folder, `network-parameters${ending}`), network.inForce(form).bytes);
      await writeFileAtomic(join(folder, `network-map${ending}`), network.map(form).bytes);
    }
  } catch (cause) {
    const message = `the folder ${folder} cannot be written: ${messageOf(cause)}`;
    throw new MapFolderError('MAP_FOLDER', message, { remedy: 'name one that this user may use', cause });
  }
}

async function writeForm(
  base: string,
  form: DocumentForm,
  network: SignedNetwork,
  entries: readonly Entry[],
): Promise<void> {
  const nodeInfos = join(base, 'node-info');
  await writeAll(
    nodeInfos,
    entries.map(({ hash, bytes }) => [hash, bytes]),
  );
  await writeAll(
    join(base, 'network-parameters'),
    [...network.allParameters(form)].map(([hash, { bytes }]) => [hash, bytes]),
  );
  await writeAll(base, [
    ['node-infos', network.bulk(form)],
    ...[...network.privateMaps(form)].map(([id, { bytes }]): [string, Buffer] => [id, bytes]),
  ]);
  await writeAll(base, [['index', network.map(form).bytes]]);
  await removeOthers(nodeInfos, new Set(entries.map(({ hash }) => hash)));
}

async function writeAll(folder: string, files: readonly (readonly [string, Buffer])[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  await eachLimited(files, AT_ONCE, async ([name, bytes]) => {
    await writeFileAtomic(join(folder, name), bytes);
  });
}

/** What no map names any more; files of others stay. */
async function removeOthers(folder: string, hashes: ReadonlySet<string>): Promise<void> {
  const gone = (await readdir(folder)).filter((name) => isHash(name) && !hashes.has(name));
  await eachLimited(gone, AT_ONCE, (name) => rm(join(folder, name), { force: true }));
}
