import fc from 'fast-check';
import { arbitraryNodes } from '../../test/golden/arbitrary-network';
import { settingsOf } from '../../test/golden/dialect';
import { loadBaseSettings } from '../config/base-settings';
import type { BaseSettings } from '../lib/base-settings';
import { networkView } from '../network/network-view';
import { peerId, type Peer } from '../network/peer';
import { cordaAddresses } from './address-profile';
import type { BrokerPlan } from './broker-plan';
import { planBroker } from './plan-broker';
import { localIdentities } from './peer-pieces';
import { peerRole, ROLE_NODE } from './roles';
import { predict } from './predict';

let base: BaseSettings;
beforeAll(async () => {
  base = await loadBaseSettings();
});

function planOf([own, ...peers]: readonly Peer[]): BrokerPlan {
  if (own === undefined) throw new Error('a network has one node at least');
  return planBroker(networkView(own, peers), settingsOf({ users: ['carol'] }, base));
}

const network = arbitraryNodes(1, 6);

test('the same network in any order gives the same plan', () => {
  fc.assert(
    fc.property(network, fc.infiniteStream(fc.nat()), (nodes, random) => {
      const [own, ...peers] = nodes;
      if (own === undefined) return;
      const keyed = peers.map((peer) => ({ peer, key: random.next().value as number }));
      const shuffled = keyed.sort((a, b) => a.key - b.key).map(({ peer }) => peer);
      expect(planOf([own, ...shuffled])).toEqual(planOf(nodes));
    }),
  );
});

test('where a match names a peer, its role may send and the node may, and nobody may do anything else', () => {
  fc.assert(
    fc.property(network, (nodes) => {
      const { permissions } = planOf(nodes);
      for (const peer of nodes) {
        const role = peerRole(peerId(peer));
        const matches = permissions.filter((permission) => permission.role === role).map(({ match }) => match);
        const own = nodes[0]?.identities.length ?? 0;
        expect(matches).toHaveLength(own + (nodes[0]?.services.length ?? 0));
        for (const match of matches) {
          expect(permissions.filter((permission) => permission.match === match)).toEqual([
            { match, role, actions: ['send'], place: 'peer' },
            { match, role: ROLE_NODE, actions: ['send'], place: 'peer' },
          ]);
        }
      }
    }),
  );
});

test('a peer may send to its own ingress addresses and to no other, whatever the names', () => {
  fc.assert(
    fc.property(network, (nodes) => {
      const plan = planOf(nodes);
      const [own] = nodes;
      if (own === undefined) return;
      for (const peer of nodes) {
        const credential = {
          certificate: { peer: peerId(peer) },
          user: 'SystemUsers/Peer',
          password: 'SystemUsers/Peer',
        };
        const mine = localIdentities(own).map(({ id }) => cordaAddresses.ingress(id, peerId(peer)));
        const everywhere = [...plan.staticAddresses, ...plan.addresses].map(({ name }) => name);
        const allowed = everywhere.filter(
          (address) =>
            predict(plan, { credential, acceptor: 'p2p', protocol: 'AMQP', address, action: 'send' }).allowed,
        );
        expect(new Set(allowed)).toEqual(new Set(mine));
      }
    }),
  );
});
