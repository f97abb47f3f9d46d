import fc from 'fast-check';
import { arbitraryNodes } from '../../../test/golden/arbitrary-network';
import { settingsOf } from '../../../test/golden/dialect';
import { loadBaseSettings } from '../../config/base-settings';
import type { BaseSettings } from '../../lib/base-settings';
import { networkView } from '../../network/network-view';
import { peerId, type Peer } from '../../network/peer';
import type { BrokerPlan } from '../../plan/broker-plan';
import { planBroker } from '../../plan/plan-broker';
import { addressOf, changedPeers, localIds } from './probe-targets';

let base: BaseSettings;
beforeAll(async () => {
  base = await loadBaseSettings();
});

function planOf([own, ...peers]: readonly Peer[]): BrokerPlan {
  if (own === undefined) throw new Error('a network has one node at least');
  return planBroker(networkView(own, peers), settingsOf({}, base));
}

const network = arbitraryNodes(2, 6);

test('with nothing before all peers have changed, with the same plan before none', () => {
  fc.assert(
    fc.property(network, (nodes) => {
      const plan = planOf(nodes);
      expect(changedPeers(plan, undefined).sort()).toEqual(nodes.slice(1).map(peerId).sort());
      expect(changedPeers(plan, planOf(nodes))).toEqual([]);
    }),
  );
});

test('who joins has changed, and who moves, alone', () => {
  fc.assert(
    fc.property(network, (nodes) => {
      const [first, ...others] = nodes;
      const last = others.at(-1);
      if (first === undefined || last === undefined) return;
      const rest = [first, ...others.slice(0, -1)];
      expect(changedPeers(planOf(nodes), planOf(rest))).toEqual([peerId(last)]);
      const moved: Peer = { ...last, addresses: [{ host: 'moved.example', port: 7 }] };
      expect(changedPeers(planOf([...rest, moved]), planOf(nodes))).toEqual([peerId(last)]);
    }),
  );
});

test('the local ids are those of the own identities and services, the own first', () => {
  fc.assert(
    fc.property(network, (nodes) => {
      const [own] = nodes;
      if (own === undefined) return;
      const ids = localIds(planOf(nodes));
      expect(ids[0]).toBe(peerId(own));
      expect(new Set(ids)).toEqual(new Set([...own.identities, ...own.services].map(({ id }) => id)));
    }),
  );
});

test('an acceptor on every interface is reached by the host that is given', () => {
  const plan = { acceptors: [{ name: 'p2p', host: '0.0.0.0', port: 1 }] } as unknown as BrokerPlan;
  expect(addressOf(plan, 'p2p', 'broker.example')).toEqual({ host: 'broker.example', port: 1 });
  expect(() => addressOf(plan, 'rpc', 'broker.example')).toThrow('no acceptor rpc');
});
