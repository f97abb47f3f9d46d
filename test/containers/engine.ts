import Docker from 'dockerode';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../sidecar/lib/package-root';

/** The images that cannot be made from this folder. */
const BASE_IMAGES = ['node:24-bookworm-slim', 'debian:bookworm-slim', 'apache/artemis:2.56.0'];
const ASK_MS = 30_000;

/** The engine that DOCKER_HOST names, or this machine's own. */
export const docker = new Docker();

/** Why there can be no containers here; undefined when there can. */
function missing(): string | undefined {
  const answers = (...args: string[]): boolean =>
    spawnSync('docker', args, { stdio: 'ignore', timeout: ASK_MS }).status === 0;
  if (!answers('version')) return 'needs a container engine: none answers at DOCKER_HOST or /var/run/docker.sock';
  if (!answers('compose', 'version')) return 'needs docker compose, version 2.24 or later';
  const absent = BASE_IMAGES.find((image) => !answers('image', 'inspect', image) && !answers('pull', '-q', image));
  return absent === undefined ? undefined : `needs the image ${absent}, which cannot be pulled`;
}

/**
 * As `describe` of jest, and skipped with the reason where there is no engine. Where CI has what makes one, that is a
 * failure.
 */
export function describeWithEngine(title: string, tests: () => void): void {
  const reason = missing();
  if (reason === undefined) {
    describe(title, tests);
  } else if (process.env['CI'] !== undefined && existsSync(join(packageRoot(), '../shared/lab'))) {
    test(title, () => {
      throw new Error(`nothing is to be skipped here: it ${reason}`);
    });
  } else {
    describe.skip(`${title} [${reason}]`, tests);
  }
}
