import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fault, ok, type Diagnosis } from './diagnosis';
import type { Site } from './site';

type Cause = 'clock-behind' | 'clock-ahead';

/** So far apart clocks may be, milliseconds: what is signed is given and taken within minutes. */
const TOLERANCE_MS = 60_000;

const REMEDY = 'set the clock of this machine, and have it kept by NTP (timedatectl set-ntp true); see date -u';

export const clock: Diagnosis<Cause> = {
  id: 'clock',
  looksAt: "the clock of this machine, by the broker's, the map service's, own certificates and files",
  needs: ['config'],
  causes: {
    'clock-behind': 'it is earlier than all else says',
    'clock-ahead': 'it is later than the broker or the map service says',
  },
  async check(site) {
    const others = [...(await byBroker(site)), ...(await byService(site))];
    for (const { who, theirs, ours } of others) {
      const ahead = ours - theirs;
      if (Math.abs(ahead) <= TOLERANCE_MS) continue;
      const words = `the clock of this machine is ${Math.round(Math.abs(ahead) / 1000)} s ${ahead > 0 ? 'ahead of' : 'behind'} that of ${who}`;
      return fault(ahead > 0 ? 'clock-ahead' : 'clock-behind', words, REMEDY);
    }
    const witness = (await byRoots(site)) ?? (await byState(site));
    if (witness !== undefined) return fault('clock-behind', witness, REMEDY);
    return ok(
      others.length === 0 ? 'nothing speaks against it' : `as ${others.map(({ who }) => who).join(' and ')} says`,
    );
  },
};

interface OtherClock {
  readonly who: string;
  readonly theirs: number;
  readonly ours: number;
}

async function byBroker(site: Site): Promise<OtherClock[]> {
  try {
    if ((await site.brokerKnock()).answer !== 'tls') return [];
    const theirs = Number(await (await site.management()).attribute('broker', 'CurrentTimeMillis'));
    return Number.isFinite(theirs) ? [{ who: 'the broker', theirs, ours: site.clock.now() }] : [];
  } catch {
    // That it cannot be asked is another diagnosis' matter.
    return [];
  }
}

async function byService(site: Site): Promise<OtherClock[]> {
  const time = await site.serviceTime();
  return time === undefined ? [] : [{ who: 'the network map service', ...time }];
}

/** A leaf may be issued for later; a network whose roots are of the future has not begun. */
async function byRoots(site: Site): Promise<string | undefined> {
  const roots = await site.roots().catch(() => []);
  const now = site.clock.now();
  const [first] = roots;
  if (first === undefined || roots.some(({ notBefore }) => notBefore <= now)) return undefined;
  return `it is ${iso(now)} by the clock of this machine, and the network's root is valid from ${iso(first.notBefore)}`;
}

/** What was written in the future was written before the clock was set back. */
async function byState(site: Site): Promise<string | undefined> {
  const { state } = await site.config();
  const now = site.clock.now();
  for (const name of await readdir(state).catch(() => [])) {
    const { mtimeMs } = await stat(join(state, name)).catch(() => ({ mtimeMs: 0 }));
    if (mtimeMs > now + TOLERANCE_MS)
      return `it is ${iso(now)} by the clock of this machine, and ${join(state, name)} was written at ${iso(mtimeMs)}`;
  }
  return undefined;
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
