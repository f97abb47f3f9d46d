import type { PageNotice } from '../../http/page-model';
import type { NodeObservation } from '../observe/observer';
import type { Problem } from '../status';

const DAY_MS = 86_400_000;
const SOON_MS = 30 * DAY_MS;
const FAILING_MS = 60_000;

/** What somebody has to look at, the worst first; a held map is told at its own place. */
export function noticesOf({ status, ownCertificates }: NodeObservation, now: number): PageNotice[] {
  const { broker, held, networkMap, rpcUsers } = status;
  const found: PageNotice[] = [];
  const add = (kind: PageNotice['kind'], title: string, text: string, more: Partial<PageNotice> = {}): void => {
    found.push({ kind, title, text, ...more });
  };
  const problem = (kind: PageNotice['kind'], title: string, { message, code, remedy, since }: Problem): void =>
    add(kind, title, `${message} [${code}]`, { since, ...(remedy === undefined ? {} : { remedy }) });
  if (broker.state !== 'ready') add('bad', 'The broker does not serve', `It is ${broker.state}.`);
  for (const [which, endsAt = Infinity] of Object.entries(ownCertificates)) {
    if (endsAt > now + SOON_MS) continue;
    const when = endsAt <= now ? 'has ended' : `ends in ${Math.ceil((endsAt - now) / DAY_MS)} days`;
    add(endsAt <= now ? 'bad' : 'warning', 'A certificate of this node ends', `The certificate ${which} ${when}.`, {
      remedy: 'have it issued anew, and put it where the configuration names it',
    });
  }
  if (held !== undefined) problem('bad', 'The newest map or users are not live', held);
  if (rpcUsers?.held !== undefined) problem('warning', 'The file of RPC users is not taken', rpcUsers.held);
  const since = networkMap?.failingSince;
  if (networkMap !== undefined && since !== undefined && now - since >= FAILING_MS)
    add('warning', 'No map comes from its service', `${networkMap.url}; the last good map stays.`, { since });
  if (networkMap?.update?.isAccepted === false)
    add('warning', 'Network parameters wait to be accepted', networkMap.update.description, {
      remedy: `netmap parameters show, then netmap parameters accept ${networkMap.update.hash}`,
    });
  return [...found.filter(({ kind }) => kind === 'bad'), ...found.filter(({ kind }) => kind !== 'bad')];
}
