import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackArchive, verifyArchive } from '../../../sidecar/broker/archive';
import { mavenSource, webSource } from '../../../sidecar/broker/download';
import { cacheFolder } from '../../../sidecar/broker/obtain';
import type { ArtemisHome } from '../../../sidecar/broker/obtain-home';
import { systemClock } from '../../../sidecar/lib/clock';
import { messageOf } from '../../../sidecar/lib/errors';

/** The last of its project before 2.50. */
const VERSION = '2.44.0';
const ARCHIVE = `apache-artemis-${VERSION}-bin.tar.gz`;
const SHA512 =
  'd709eafe1ead38234216d324e9876ee0f66265a2deba36b526f64512de4da1e25ae6b5430a03dc002071ed91553c72f3ef01211d7414b14752272cbec66883b4';
const SITE = 'https://archive.apache.org/dist/activemq/activemq-artemis';

/**
 * An Artemis that is older than what is accepted, in the cache folder; fetched once (46 MB). Where it cannot be had the
 * reasons are printed and the answer is undefined, but in continuous integration (variable CI) it throws them.
 */
export async function olderArtemis(): Promise<ArtemisHome | undefined> {
  const { env } = process;
  const cache = cacheFolder(env);
  const path = join(cache, `apache-artemis-${VERSION}`);
  await mkdir(cache, { recursive: true });
  const reasons: string[] = [];
  const sources = [
    mavenSource(`org.apache.activemq:apache-artemis:${VERSION}:tar.gz:bin`, env),
    webSource(`${SITE}/${VERSION}/${ARCHIVE}`),
  ];
  const isThere = (): boolean => existsSync(path);
  for (const source of sources) {
    if (isThere()) break;
    const part = join(cache, `${ARCHIVE}.${randomUUID()}.part`);
    try {
      await source.fetch(part, { clock: systemClock, onProgress: () => undefined });
      await verifyArchive(part, SHA512);
      await unpackArchive(part, path);
    } catch (error) {
      reasons.push(`${source.name}: ${messageOf(error)}`);
    } finally {
      await rm(part, { force: true });
    }
  }
  if (isThere()) return { path, version: VERSION };
  const words = `Artemis ${VERSION} cannot be had here: ${reasons.join('; ')}`;
  if (env['CI'] !== undefined && env['CI'] !== '') throw new Error(words);
  process.stderr.write(`skipped: ${words}\n`);
  return undefined;
}
