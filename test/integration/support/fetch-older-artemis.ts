// A program, as tests that may have to be skipped must know at once whether there is an older broker: prints its folder,
// or ends with 1 and the reasons.
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackArchive, verifyArchive } from '../../../sidecar/broker/archive';
import { mavenSource, webSource } from '../../../sidecar/broker/download';
import { cacheFolder } from '../../../sidecar/broker/obtain';
import { systemClock } from '../../../sidecar/lib/clock';
import { messageOf } from '../../../sidecar/lib/errors';

const VERSION = '2.44.0';
const ARCHIVE = `apache-artemis-${VERSION}-bin.tar.gz`;
const SHA512 =
  'd709eafe1ead38234216d324e9876ee0f66265a2deba36b526f64512de4da1e25ae6b5430a03dc002071ed91553c72f3ef01211d7414b14752272cbec66883b4';
const SITE = 'https://archive.apache.org/dist/activemq/activemq-artemis';

async function fetchOnce(): Promise<void> {
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
  if (isThere()) {
    process.stdout.write(path);
  } else {
    process.stderr.write(reasons.join('; '));
    process.exitCode = 1;
  }
}

void fetchOnce();
