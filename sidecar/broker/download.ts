import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../lib/clock';

export interface DownloadProgress {
  /** Where it comes from, for a person. */
  readonly source: string;
  readonly bytes: number;
  /** Unknown until the source tells. */
  readonly total?: number;
}

export interface DownloadOptions {
  readonly clock: Clock;
  readonly onProgress: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
}

/** Somewhere the archive may come from. */
export interface ArchiveSource {
  readonly name: string;
  /** Puts the whole archive at `target`, or throws and leaves at most a part of it there. */
  fetch(target: string, options: DownloadOptions): Promise<void>;
}

/** Without a byte for so long a download is given up, milliseconds. */
const STALL_MS = 60_000;

/** A file on a web server. */
export function webSource(url: string): ArchiveSource {
  return {
    name: url,
    async fetch(target, { clock, onProgress, signal }) {
      const stalled = new AbortController();
      let cancel: () => void = () => undefined;
      const alive = (): void => {
        cancel();
        cancel = clock.after(STALL_MS, () => stalled.abort(new Error(`nothing came for ${STALL_MS / 1000} s`)));
      };
      const over = signal === undefined ? stalled.signal : AbortSignal.any([stalled.signal, signal]);
      alive();
      try {
        const response = await fetch(url, { signal: over });
        if (!response.ok || response.body === null) throw new Error(`the server answers ${response.status}`);
        const total = Number(response.headers.get('content-length')) || undefined;
        let bytes = 0;
        const counter = new Transform({
          transform(chunk: Uint8Array, _, done) {
            alive();
            bytes += chunk.length;
            onProgress({ source: url, bytes, total });
            done(null, chunk);
          },
        });
        await pipeline(Readable.fromWeb(response.body), counter, createWriteStream(target), { signal: over });
        if (total !== undefined && bytes !== total) throw new Error(`only ${bytes} of ${total} bytes came`);
      } catch (error) {
        // What ended it says more than the abort that followed.
        throw over.aborted ? over.reason : error;
      } finally {
        cancel();
      }
    },
  };
}

/** Maven, which knows its user's mirrors, proxies and local repository. Absent where there is no `mvn`. */
export function mavenSource(coordinates: string, env: NodeJS.ProcessEnv): ArchiveSource {
  return {
    name: 'Maven',
    async fetch(target, { onProgress, signal }) {
      onProgress({ source: 'Maven', bytes: 0 });
      const folder = await mkdtemp(join(dirname(target), '.maven-'));
      try {
        const goal = ['-q', '-B', 'dependency:copy', `-Dartifact=${coordinates}`, `-DoutputDirectory=${folder}`];
        await run('mvn', goal, folder, env, signal);
        const [file] = await readdir(folder);
        if (file === undefined) throw new Error('it copied nothing');
        await rename(join(folder, file), target);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

function run(
  command: string,
  args: string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { cwd, env, signal }, (error, stdout, stderr) => {
      if (error === null) resolve();
      else if ((error as NodeJS.ErrnoException).code === 'ENOENT') reject(new Error('it is not installed'));
      else reject(new Error(firstError(`${stdout}\n${stderr}`) ?? error.message));
    });
  });
}

function firstError(output: string): string | undefined {
  return /\[ERROR\] (.{1,300})/.exec(output)?.[1];
}
