import { open, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';

const ANSWER_MS = 2_000;
/** A longer path than this the system does not take for a socket. */
const MOST_BYTES = 100;

/**
 * Listens in the folder for as long as this process lives: the kernel itself says so to whoever asks, from any container
 * that has the folder, and stops when the process is killed. Resolves to how it ends; to undefined where the file system has
 * no sockets.
 */
export async function listenIn(folder: string, name: string): Promise<(() => Promise<void>) | undefined> {
  const server = createServer((socket) => socket.destroy());
  server.unref();
  const isOpen = await inReach(
    folder,
    name,
    (path) =>
      new Promise<boolean>((resolve) => {
        server.once('error', () => resolve(false));
        server.listen(path, () => resolve(true));
      }),
  );
  if (!isOpen) return undefined;
  return async () => {
    await new Promise<void>((resolve) => void server.close(() => resolve()));
    // The server knows it by a name that means nothing any more where the path is long.
    await rm(join(folder, name), { force: true });
  };
}

/** Whether a process listens there; undefined where that cannot be found out. */
export function listensIn(folder: string, name: string): Promise<boolean | undefined> {
  return inReach(
    folder,
    name,
    (path) =>
      new Promise<boolean | undefined>((resolve) => {
        const socket = connect(path);
        const end = (answer: boolean | undefined): void => {
          socket.destroy();
          resolve(answer);
        };
        // One that is paused does not answer, and its socket is there all the same.
        socket.setTimeout(ANSWER_MS, () => end(true));
        socket.once('connect', () => end(true));
        socket.once('error', ({ code }: NodeJS.ErrnoException) =>
          end(code === 'ECONNREFUSED' ? false : code === 'EAGAIN' ? true : undefined),
        );
      }),
  );
}

/** By the folder's descriptor where its path is too long. */
async function inReach<Answer>(
  folder: string,
  name: string,
  use: (path: string) => Promise<Answer>,
): Promise<Answer | undefined> {
  const path = join(folder, name);
  if (Buffer.byteLength(path) <= MOST_BYTES) return use(path);
  const handle = await open(folder).catch(() => undefined);
  try {
    return handle === undefined ? undefined : await use(`/proc/self/fd/${handle.fd}/${name}`);
  } finally {
    await handle?.close();
  }
}
