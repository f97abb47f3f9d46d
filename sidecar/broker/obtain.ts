import { randomUUID } from 'node:crypto';
import { access, mkdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { systemClock, type Clock } from '../lib/clock';
import { causeOf, messageOf } from '../lib/errors';
import { discardFolder, unpackArchive, verifyArchive } from './archive';
import { BrokerError } from './broker-error';
import { mavenSource, webSource, type ArchiveSource, type DownloadProgress } from './download';
import { withLock } from './download-lock';
import { ARTEMIS_VERSION, inspectHome, type ArtemisHome } from './obtain-home';

export interface ObtainOptions {
  /** A folder with an unpacked Artemis; nothing else is then looked at. */
  readonly home?: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** In the order to be tried; for tests. */
  readonly sources?: readonly ArchiveSource[];
  /** SHA-512 of the archive, hex; for tests. */
  readonly sha512?: string;
}

const ARCHIVE = `apache-artemis-${ARTEMIS_VERSION}-bin.tar.gz`;
const SHA512 =
  '441ad38aa1b0526e5709edf43542039f016669d24134056613e4cbafdf6b101e5351f79f7ee190b43fc8031f6ec596a5fd075490dcee4d3eb3a88d8ed2cfc01b';
/** The first serves the current release only, the second every one. */
const SITES = ['https://downloads.apache.org', 'https://archive.apache.org/dist'];

/** Where what was fetched is kept: NETMAP_CACHE, else a folder in the user's cache. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const { NETMAP_CACHE: own, XDG_CACHE_HOME: xdg } = env;
  if (own !== undefined && own !== '') return resolve(own);
  return join(xdg !== undefined && xdg !== '' ? xdg : join(homedir(), '.cache'), 'artemis-netmap');
}

/**
 * A usable Artemis: the configured one or ARTEMIS_HOME, else the one in the cache folder (or its archive, if somebody
 * put it there), else fetched. Throws BrokerError: BROKER_HOME_DAMAGED and BROKER_TOO_OLD for what is configured,
 * BROKER_MISSING with the reason of each source when none could deliver.
 */
export async function obtainArtemis(options: ObtainOptions): Promise<ArtemisHome> {
  const configured = options.home ?? options.env['ARTEMIS_HOME'];
  if (configured !== undefined && configured !== '') return inspectHome(resolve(configured));
  const cache = cacheFolder(options.env);
  const home = join(cache, `apache-artemis-${ARTEMIS_VERSION}`);
  return (await cached(home)) ?? (await fill(cache, home, options));
}

/** The home in the cache folder; nothing when it is not there or of no use. */
async function cached(home: string): Promise<ArtemisHome | undefined> {
  try {
    return await inspectHome(home);
  } catch (error) {
    if (error instanceof BrokerError) return undefined;
    throw error;
  }
}

async function fill(cache: string, home: string, options: ObtainOptions): Promise<ArtemisHome> {
  const { clock = systemClock, signal } = options;
  try {
    await mkdir(cache, { recursive: true });
  } catch (error) {
    throw new BrokerError('BROKER_MISSING', `The cache folder cannot be made: ${messageOf(error)}`, {
      remedy: 'Set NETMAP_CACHE to a folder that can be written, or ARTEMIS_HOME to an unpacked Artemis',
      cause: error,
    });
  }
  return withLock(join(cache, `${ARCHIVE}.lock`), clock, signal, async () => {
    // Another process may have filled it while we waited.
    const ready = await cached(home);
    if (ready !== undefined) return ready;
    if (await exists(home)) await discardFolder(home);
    const archive = join(cache, ARCHIVE);
    if (await exists(archive)) {
      await verifyArchive(archive, options.sha512 ?? SHA512);
      await unpackArchive(archive, home);
    } else {
      await fetchAndUnpack(cache, home, { ...options, clock });
    }
    return inspectHome(home);
  });
}

async function fetchAndUnpack(cache: string, home: string, options: ObtainOptions & { clock: Clock }): Promise<void> {
  const { clock, signal, env, sources = standardSources(env) } = options;
  const failures: string[] = [];
  for (const source of sources) {
    const part = join(cache, `${ARCHIVE}.${randomUUID()}.part`);
    try {
      await source.fetch(part, { clock, signal, onProgress: (progress) => options.onProgress?.(progress) });
      await verifyArchive(part, options.sha512 ?? SHA512);
      await unpackArchive(part, home);
      return;
    } catch (error) {
      signal?.throwIfAborted();
      failures.push(`${source.name}: ${reasonOf(error)}`);
    } finally {
      await rm(part, { force: true });
    }
  }
  throw new BrokerError('BROKER_MISSING', `Artemis ${ARTEMIS_VERSION} could not be fetched. ${failures.join('; ')}`, {
    remedy: `Put ${ARCHIVE} into ${cache}, or unpack it and set ARTEMIS_HOME`,
    decision: 'alarm',
  });
}

function standardSources(env: NodeJS.ProcessEnv): ArchiveSource[] {
  const path = `artemis/artemis/${ARTEMIS_VERSION}/${ARCHIVE}`;
  return [
    mavenSource(`org.apache.artemis:apache-artemis:${ARTEMIS_VERSION}:tar.gz:bin`, env),
    ...SITES.map((site) => webSource(`${site}/${path}`)),
  ];
}

/** The message, and what lies below it: "fetch failed" alone says nothing. */
function reasonOf(error: unknown): string {
  const cause = causeOf(error);
  return cause === undefined ? messageOf(error) : `${messageOf(error)} (${messageOf(cause)})`;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
