import { open, readFile, rm } from 'node:fs/promises';
import { systemErrorCode } from '../config/error-code';
import { StoreError } from './store-error';

/** Files that this process holds: its own id in a file alone may also be that of one before it, in a container. */
const held = new Set<string>();

/**
 * Takes a folder for this process, by a file with its id; the function that is given back lets go of it. What a process
 * that lives no more has left behind is taken over.
 * @throws StoreError STORE_LOCKED (as a rejection)
 */
export async function lockState(file: string, pid: number = process.pid): Promise<() => Promise<void>> {
  for (let turn = 0; turn < 2; turn += 1) {
    if (held.has(file)) throw locked(file, pid);
    if (await take(file, pid)) {
      held.add(file);
      return async () => {
        held.delete(file);
        await rm(file, { force: true });
      };
    }
    const holder = Number(await readFile(file, 'utf8').catch(() => ''));
    if (holder !== pid && isAlive(holder)) throw locked(file, holder);
    await rm(file, { force: true });
  }
  throw locked(file, undefined);
}

async function take(file: string, pid: number): Promise<boolean> {
  try {
    const handle = await open(file, 'wx', 0o600);
    await handle.writeFile(`${pid}\n`);
    await handle.close();
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) === 'EPERM';
  }
}

function locked(file: string, holder: number | undefined): StoreError {
  const who = holder === undefined ? 'another process' : `process ${holder}`;
  const message = `${who} works in the state folder (${file})`;
  return new StoreError('STORE_LOCKED', message, 'stop it, or give this service a folder of its own');
}
