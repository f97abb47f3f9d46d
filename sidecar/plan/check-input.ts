import type { NetworkView } from '../network/network-view';
import { PlanError } from './plan-error';
import type { PlanSettings } from './plan-settings';

/** Characters that Artemis' acceptor and connection URIs give a meaning of their own. */
const UNSAFE_PATH = /[;,?&#%=<>"'\\\s\p{Cc}]/u;
/**
 * Artemis reads a match as a regular expression in which it escapes dots and dollars alone: with a + in his name a user
 * would be granted the addresses of others.
 */
const UNSAFE_USER = /[^\p{L}\p{M}\p{N}_~@-]/u;
/** Below this not even a NodeInfo's worth of data would pass; above, one message would fill the journal's 32-bit file size. */
const MESSAGE_SIZE = { least: 65_536, most: 1_073_741_824 };

export function checkPlanInput(view: NetworkView, settings: PlanSettings): void {
  checkInstance(settings.instance);
  checkPorts(settings);
  checkMessageSize(settings.maxMessageSize);
  checkSubjects(view);
  checkUsers(settings);
}

function checkInstance(path: string): void {
  const found = UNSAFE_PATH.exec(path);
  if (found === null) return;
  throw new PlanError(
    'PLAN_INSTANCE_PATH',
    `the instance folder ${JSON.stringify(path)} contains ${JSON.stringify(found[0])}`,
    {
      remedy: 'choose a folder whose path has no blanks and none of ; , ? & # % = < > " \' \\',
    },
  );
}

function checkPorts(settings: PlanSettings): void {
  const seen = new Map<number, string>();
  for (const [name, { port }] of Object.entries(settings.acceptors)) {
    const other = seen.get(port);
    if (other !== undefined) {
      throw new PlanError('PLAN_PORT_TWICE', `acceptors ${other} and ${name} both listen on port ${port}`, {
        remedy: 'give each acceptor a port of its own',
      });
    }
    seen.set(port, name);
  }
}

function checkMessageSize(size: number): void {
  if (size >= MESSAGE_SIZE.least && size <= MESSAGE_SIZE.most) return;
  throw new PlanError('PLAN_MESSAGE_SIZE', `the largest message of ${size} bytes is out of range`, {
    remedy: `choose between ${MESSAGE_SIZE.least} and ${MESSAGE_SIZE.most} bytes`,
  });
}

/** Permission goes by certificate subject: two peers with one subject would be one to the broker. */
function checkSubjects(view: NetworkView): void {
  const seen = new Map<string, string>();
  for (const peer of [view.own, ...view.peers]) {
    const { name, id } = peer.identities[0];
    const other = seen.get(name.key());
    if (other !== undefined) {
      throw new PlanError('PLAN_NAME_TWICE', `${name.toCorda()} is the name of both ${other} and ${id}`, {
        remedy: 'remove one of the two NodeInfos',
      });
    }
    seen.set(name.key(), id);
  }
}

function checkUsers(settings: PlanSettings): void {
  const seen = new Set<string>();
  for (const { name } of settings.rpcUsers) {
    if (name === '' || UNSAFE_USER.test(name) || seen.has(name)) {
      throw new PlanError(
        'PLAN_USER_NAME',
        `the RPC user name ${JSON.stringify(name)} is ${seen.has(name) ? 'there twice' : 'not usable'}`,
        {
          remedy: 'use letters, digits and _ - ~ @ only, each name once',
        },
      );
    }
    seen.add(name);
  }
}
