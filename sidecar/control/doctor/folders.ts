import { access, constants, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { loadBaseSettings } from '../../config/base-settings';
import { systemErrorCode } from '../../config/error-code';
import { messageOf } from '../../lib/errors';
import { troubledOr, type Diagnosis, type Trouble } from './diagnosis';
import type { Site } from './site';

type Cause = 'folder-read-only' | 'folder-not-a-folder' | 'disk-full' | 'disk-nearly-full';

const MIB = 1024 * 1024;
/** With less, neither files of state nor the broker's can be replaced: each is written anew beside the old one. */
const LEAST_FREE = 16 * MIB;
/** So many percent below the broker's own limit. */
const NEARLY = 5;

export const folders: Diagnosis<Cause> = {
  id: 'folders',
  looksAt: "the state folder, the broker's folder and their disk",
  needs: ['config'],
  causes: {
    'folder-read-only': 'this user may not write there, or the file system is read-only',
    'folder-not-a-folder': 'there is something else in its place',
    'disk-full': 'there is no room, or so little that the broker takes no more messages',
    'disk-nearly-full': 'the disk is nearly as full as that',
  },
  async check(site) {
    const { state, broker } = await site.config();
    const wanted = [state, broker.instance, join(broker.instance, 'etc'), broker.data ?? join(broker.instance, 'data')];
    const limit = (await loadBaseSettings(broker.base)).disk.maxUsagePercent;
    const troubles: Trouble<Cause>[] = [];
    for (const folder of wanted) {
      const there = await nearest(folder);
      // One trouble a place: folders that are still to be made share that of the one above them.
      const trouble = (await writable(there, folder)) ?? (await room(site, there, limit));
      if (trouble !== undefined && !troubles.some(({ words }) => words === trouble.words)) troubles.push(trouble);
    }
    return troubledOr(troubles, 'may be written, with room on the disk');
  },
};

/** The folder, or what there is of the way to it: it is made when it is needed. */
async function nearest(folder: string): Promise<string> {
  const code = await stat(folder).then(() => undefined, systemErrorCode);
  return code === 'ENOENT' && dirname(folder) !== folder ? nearest(dirname(folder)) : folder;
}

async function writable(folder: string, wanted: string): Promise<Trouble<Cause> | undefined> {
  try {
    const isFolder = (await stat(folder)).isDirectory();
    if (!isFolder) {
      const words = `${folder} is in the place of a folder${folder === wanted ? '' : ` on the way to ${wanted}`}`;
      return { verdict: 'fault', cause: 'folder-not-a-folder', words, remedy: 'move it away, or name another folder' };
    }
    await access(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const isSystem = systemErrorCode(error) === 'EROFS';
    return {
      verdict: 'fault',
      cause: 'folder-read-only',
      words: `${folder} cannot be written: ${isSystem ? 'its file system is read-only' : messageOf(error)}`,
      remedy: isSystem
        ? 'mount it for writing (a volume of its own in a container whose root is read-only), or name another folder'
        : `give it to the user that runs netmap: chown -R USER ${folder}`,
    };
  }
}

async function room(site: Site, folder: string, limit: number): Promise<Trouble<Cause> | undefined> {
  const { free, usedPercent } = await site.diskRoom(folder);
  const used = `${Math.floor(usedPercent)} % used, ${Math.floor(free / MIB)} MiB free`;
  const remedy = `free some room there, or move the folder to a larger disk; see also disk.maxUsagePercent (${limit})`;
  if (free < LEAST_FREE || usedPercent >= limit)
    return { verdict: 'fault', cause: 'disk-full', words: `the disk of ${folder} is full: ${used}`, remedy };
  if (usedPercent < limit - NEARLY) return undefined;
  return {
    verdict: 'warning',
    cause: 'disk-nearly-full',
    words: `the disk of ${folder} is nearly full: ${used}`,
    remedy,
  };
}
