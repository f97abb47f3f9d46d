import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { ArtemisHome } from '../../../sidecar/broker/obtain-home';
import { packageRoot } from '../../../sidecar/lib/package-root';

/** The last of its project before 2.50. */
const VERSION = '2.44.0';
/** For fetching 46 MB, milliseconds. */
const FETCH_MS = 600_000;
const MOST_WORDS = 300;

/**
 * As `describe` of jest, with an Artemis that is older than what is accepted; fetched once into the cache folder. Skipped with
 * the reasons where it cannot be had, but in continuous integration (variable CI) that is a failure.
 */
export function describeWithOlderArtemis(title: string, tests: (older: () => ArtemisHome) => void): void {
  const programs = ['test/interop/run-typescript.mjs', 'test/integration/support/fetch-older-artemis.ts'];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    programs.map((program) => join(packageRoot(), program)),
    { encoding: 'utf8', timeout: FETCH_MS },
  );
  if (status === 0) {
    describe(title, () => tests(() => ({ path: stdout, version: VERSION })));
    return;
  }
  // The report of skipped tests takes the reason from between brackets.
  const reasons = stderr.trim().replaceAll(/[[\]]/g, '').slice(0, MOST_WORDS);
  const reason = `needs Artemis ${VERSION}, which cannot be had: ${reasons}`;
  const missing = (): never => {
    throw new Error(reason);
  };
  if ((process.env['CI'] ?? '') === '') describe.skip(`${title} [${reason}]`, () => tests(missing));
  else test(title, missing);
}
