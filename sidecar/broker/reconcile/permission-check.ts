import type { Permission } from '../../plan/broker-plan';
import type { BrokerOperations } from '../operations';
import { ApplyError } from './change';

type Senders = ReadonlyMap<string, ReadonlySet<string>>;

/** Matches asked about one by one; a larger change is proven by the file's checksum and this many of its matches. */
const MOST_ASKED = 200;

/** Asks the broker who may send at each match that the change touches; throws when it is not as planned. */
export async function checkPermissions(
  operations: Pick<BrokerOperations, 'roles'>,
  before: readonly Permission[],
  after: readonly Permission[],
): Promise<void> {
  const differing = matchesOf(before, after);
  const old = senders(before, differing);
  const wanted = senders(after, differing);
  const touched = [...differing].filter((match) => !sameSet(old.get(match), wanted.get(match)));
  await Promise.all(
    touched.slice(0, MOST_ASKED).map(async (match) => {
      const roles = await operations.roles(match);
      const live = new Set(roles.filter(({ send }) => send).map(({ name }) => name));
      const planned = wanted.get(match);
      const wrong = planned === undefined ? withdrawnButLive(old.get(match), live) : difference(planned, live);
      if (wrong === undefined) return;
      throw new ApplyError('APPLY_NOT_LIVE', `at ${match} the broker lets other roles send than planned: ${wrong}`);
    }),
  );
}

/** The matches of what only one of the two has; with thousands of peers nearly all is in both, the very same. */
function matchesOf(before: readonly Permission[], after: readonly Permission[]): Set<string> {
  const [old, wanted] = [new Set(before), new Set(after)];
  const differing = [...before.filter((one) => !wanted.has(one)), ...after.filter((one) => !old.has(one))];
  return new Set(differing.flatMap(({ match, place }) => (place === 'peer' ? [match] : [])));
}

function senders(permissions: readonly Permission[], matches: ReadonlySet<string>): Senders {
  const found = new Map<string, Set<string>>();
  for (const { match, role, actions, place } of permissions) {
    if (place !== 'peer' || !matches.has(match)) continue;
    const roles = found.get(match) ?? new Set();
    found.set(match, roles);
    if (actions.includes('send')) roles.add(role);
  }
  return found;
}

/** Where a match is gone a more general one holds, which the node has too; only the others must be gone. */
function withdrawnButLive(withdrawn: ReadonlySet<string> | undefined, live: ReadonlySet<string>): string | undefined {
  const still = [...(withdrawn ?? [])].filter((role) => role.includes('.') && live.has(role));
  return still.length === 0 ? undefined : `${still.join(', ')} still may`;
}

function difference(planned: ReadonlySet<string>, live: ReadonlySet<string>): string | undefined {
  return sameSet(planned, live) ? undefined : `planned ${[...planned].join(', ')}; live ${[...live].join(', ')}`;
}

function sameSet(a: ReadonlySet<string> | undefined, b: ReadonlySet<string> | undefined): boolean {
  return a !== undefined && b !== undefined && a.size === b.size && [...a].every((one) => b.has(one));
}
