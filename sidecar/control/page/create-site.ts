import { randomBytes } from 'node:crypto';
import { readSecret } from '../../config/read-secret';
import type { Config } from '../../config/config';
import { HttpError } from '../../http/http-error';
import { LiveFeed } from '../../http/live-feed';
import { OperatorSessions } from '../../http/operator-sessions';
import type { SiteOptions } from '../../http/serve-site';
import type { Clock } from '../../lib/clock';
import type { Logger } from '../../lib/log';
import { packageVersion } from '../../lib/package-version';
import { DecisionsFile } from '../decisions-file';
import type { NodeObservation } from '../observe/observer';
import { pageNode, pagePeers } from './node-page';

export interface SiteInput {
  readonly config: Config;
  readonly observe: () => NodeObservation;
  readonly clock: Clock;
  readonly log: Logger;
}

const LEAST_CHARACTERS = 12;
const TOKEN_BYTES = 32;

/** The status page of a node. Throws ConfigError, or HttpError HTTP_PASSWORD. */
export async function createSite({ config, observe, clock, log }: SiteInput): Promise<SiteOptions> {
  const version = packageVersion();
  const { names = [], operator } = config.http ?? {};
  const canAccept = operator !== undefined;
  const feed = new LiveFeed({
    node: () => pageNode(observe(), { version, canAccept, now: clock.now() }),
    peers: () => pagePeers(observe()),
    clock,
  });
  if (operator === undefined) return { feed, names, log };
  const password = (await readSecret(operator.password)).reveal();
  if (password.length < LEAST_CHARACTERS) {
    throw new HttpError('HTTP_PASSWORD', `the operator's password has fewer than ${LEAST_CHARACTERS} characters`, {
      remedy: 'give a longer one at http.operator.password, or leave it out',
    });
  }
  const sessions = new OperatorSessions({
    password,
    clock,
    newToken: () => randomBytes(TOKEN_BYTES).toString('base64url'),
  });
  const accept = async (digest: string): Promise<boolean> => {
    const held = observe().status.networkMap?.held;
    if (held === undefined || held.digest !== digest) return false;
    await new DecisionsFile(config.state).acceptMap(digest, clock.now());
    return true;
  };
  return { feed, names, log, operator: { sessions, accept } };
}
