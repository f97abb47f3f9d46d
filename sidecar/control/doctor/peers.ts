import { notApplicable, troubledOr, type Diagnosis, type Trouble } from './diagnosis';

type Cause = 'peers-waiting' | 'dead-letters';

const MOST_SHOWN = 5;

export const peers: Diagnosis<Cause> = {
  id: 'peers',
  looksAt: 'all peers, as the running sidecar sees them: which cannot be reached, and what could not be delivered',
  needs: ['state'],
  causes: {
    'peers-waiting': 'messages wait for peers that cannot be reached or refuse',
    'dead-letters': 'there are messages that could not be delivered',
  },
  async check(site) {
    const found = await site.status();
    if (found?.alive !== true) return notApplicable('no sidecar runs');
    const { status } = found;
    const troubles: Trouble<Cause>[] = [];
    const waiting = status.peers.filter(({ phase }) => phase === 'waiting');
    const [first] = waiting;
    if (first !== undefined) {
      const names = waiting.slice(0, MOST_SHOWN).map(({ name }) => name);
      const more = waiting.length > names.length ? ` and ${waiting.length - names.length} more` : '';
      const remedy = `each by itself: netmap doctor --peer ${JSON.stringify(first.name)}`;
      const words = `messages wait for ${names.join('; ')}${more}`;
      troubles.push({ verdict: 'warning', cause: 'peers-waiting', words, remedy });
    }
    const dead = status.deadLetters?.total ?? 0;
    if (dead > 0) {
      const words = `${dead} messages could not be delivered`;
      const remedy = 'see netmap dead-letters list; after repair netmap dead-letters replay, or drop';
      troubles.push({ verdict: 'warning', cause: 'dead-letters', words, remedy });
    }
    return troubledOr(troubles, `${status.peers.length}, none of which waits`);
  },
};
