import { peerId } from '../../network/peer';
import { openDeadLetters } from '../dead-letters/open';
import { notApplicable, ok, type Diagnosis } from './diagnosis';
import { findPeer } from './find-peer';

export const peerDeadLetters: Diagnosis<'peer-dead-letters'> = {
  id: 'peer-dead-letters',
  looksAt: 'the dead letters to and from one peer (--peer NAME)',
  needs: ['state', 'own-name', 'rpc-users', 'broker-login'],
  causes: { 'peer-dead-letters': 'messages to or from it could not be delivered' },
  async check(site) {
    const wanted = site.peer;
    if (wanted === undefined) return notApplicable('none is asked for: --peer NAME');
    const found = findPeer(await site.plan(), wanted);
    if ('remedy' in found) return notApplicable('it is not on the map');
    const dead = await openDeadLetters(await site.config(), site.clock);
    try {
      const counts = await dead.store.summary({ peer: peerId(found) });
      if (counts.length === 0) return ok('none');
      const words = counts.map(({ count, cause, direction }) => `${count} ${cause} (${direction})`).join(', ');
      const name = JSON.stringify(found.identities[0].name.toCorda());
      const remedy = `see netmap dead-letters list --peer ${name}; after repair netmap dead-letters replay --peer ${name}`;
      return { verdict: 'troubled', troubles: [{ verdict: 'warning', cause: 'peer-dead-letters', words, remedy }] };
    } finally {
      await dead.close();
    }
  },
};
