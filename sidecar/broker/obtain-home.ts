import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../lib/errors';
import { BrokerError } from './broker-error';

/** An unpacked Artemis. */
export interface ArtemisHome {
  /** Absolute. */
  readonly path: string;
  /** Such as "2.56.0". */
  readonly version: string;
}

/** What the product fetches itself. */
export const ARTEMIS_VERSION = '2.56.0';
/** Older ones lack operations that we need. */
const OLDEST = [2, 50] as const;
/** Without these nothing works; a home that lacks one was not unpacked to its end. */
const NEEDED = [
  'artemis-boot.jar',
  'artemis-cli-',
  'artemis-server-',
  'artemis-journal-',
  'artemis-commons-',
  'artemis-core-client-',
  'artemis-amqp-protocol-',
  'artemis-stomp-protocol-',
  'log4j-core-',
];
const JAR_END = Buffer.from([0x50, 0x4b, 0x05, 0x06]);
/** The end record of a jar and the longest comment after it. */
const JAR_END_MAX = 22 + 0xffff;

/** The Artemis in this folder. Throws BROKER_HOME_DAMAGED, naming what is wrong with it, or BROKER_TOO_OLD. */
export async function inspectHome(path: string): Promise<ArtemisHome> {
  const lib = join(path, 'lib');
  const jars = (
    await readdir(lib).catch((error: unknown) => Promise.reject(damaged(path, messageOf(error), error)))
  ).filter((name) => name.endsWith('.jar'));
  const version = /^artemis-server-(\d[^/]*)\.jar$/.exec(
    jars.find((name) => /^artemis-server-\d/.test(name)) ?? '',
  )?.[1];
  if (version === undefined) throw damaged(path, 'lib/artemis-server-*.jar is missing');
  refuseOldVersion(version, `The Artemis in ${path}`);
  const missing = NEEDED.find((prefix) => !jars.some((name) => name.startsWith(prefix)));
  if (missing !== undefined) throw damaged(path, `lib/${missing}${missing.endsWith('.jar') ? '' : '*.jar'} is missing`);
  for (const name of jars) {
    if (!(await isWhole(join(lib, name)))) throw damaged(path, `lib/${name} is cut short`);
  }
  return { path, version };
}

/** Throws BROKER_TOO_OLD for a version such as "2.44.0"; `what` begins the message. */
export function refuseOldVersion(version: string, what: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  throw new BrokerError('BROKER_TOO_OLD', `${what} is version ${version}, older than ${OLDEST.join('.')}`, {
    remedy: `Use ${OLDEST.join('.')} or later, best ${ARTEMIS_VERSION}, which netmap broker obtain fetches`,
    decision: 'alarm',
  });
}

/** Whether the file is there up to the record that ends every jar. */
async function isWhole(jar: string): Promise<boolean> {
  const { size } = await stat(jar);
  const file = await open(jar, 'r');
  try {
    for (const length of [22, JAR_END_MAX]) {
      const tail = Buffer.alloc(Math.min(length, size));
      await file.read(tail, 0, tail.length, size - tail.length);
      if (tail.includes(JAR_END)) return true;
    }
    return false;
  } finally {
    await file.close();
  }
}

function damaged(path: string, reason: string, cause?: unknown): BrokerError {
  return new BrokerError('BROKER_HOME_DAMAGED', `${path} is no complete Artemis: ${reason}`, {
    remedy: 'Unpack it again, or remove the setting to have it fetched',
    cause,
  });
}
