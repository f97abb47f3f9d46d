import fc from 'fast-check';
import { arbitraryNodes } from '../../test/golden/arbitrary-network';
import { settingsOf } from '../../test/golden/dialect';
import { loadBaseSettings } from '../config/base-settings';
import type { BaseSettings } from '../lib/base-settings';
import { networkView } from '../network/network-view';
import { peerId, type Peer } from '../network/peer';
import { renderLogin } from '../render/login';
import { acceptorUri } from '../render/transport-uri';
import { cordaAddresses } from './address-profile';
import type { BrokerPlan } from './broker-plan';
import { planBroker } from './plan-broker';
import { diffPlans } from './plan-diff';
import { MANAGEMENT_ADDRESS, predict, type Access } from './predict';
import { RECEIVED } from './swaptacular-plan';

const DESTINATION = '/exchange/accounts_in';

let base: BaseSettings;
beforeAll(async () => {
  base = await loadBaseSettings();
});

function planOf([own, ...peers]: readonly Peer[]): BrokerPlan {
  if (own === undefined) throw new Error('a network has one node at least');
  return planBroker(networkView(own, peers), { ...settingsOf({}, base), stomp: { destination: DESTINATION } });
}

const access = (peer: string, address: string, action: Access['action']): Access => ({
  ...{ credential: { certificate: { peer } }, acceptor: 'p2p', protocol: 'STOMP' },
  ...{ address, action },
});

test('a peer may send to the one destination and do nothing else, whatever the names', () => {
  fc.assert(
    fc.property(arbitraryNodes(2, 5), (nodes) => {
      const plan = planOf(nodes);
      const [own, ...peers] = nodes.map(peerId) as [string, ...string[]];
      for (const peer of peers) {
        expect(predict(plan, access(peer, DESTINATION, 'send')).allowed).toBe(true);
        const refused: [string, Access['action']][] = [
          [DESTINATION, 'consume'],
          [`${DESTINATION}::${RECEIVED}`, 'consume'],
          [DESTINATION, 'create-queue'],
          [cordaAddresses.inboundSource(own), 'consume'],
          [MANAGEMENT_ADDRESS, 'manage'],
          ...[own, ...peers].map((other): [string, 'send'] => [cordaAddresses.ingress(own, other), 'send']),
          ...peers.map((other): [string, 'send'] => [cordaAddresses.peerQueue(other), 'send']),
          ...peers.map((other): [string, 'consume'] => [cordaAddresses.peerQueue(other), 'consume']),
        ];
        for (const [address, action] of refused) {
          expect([address, action, predict(plan, access(peer, address, action)).allowed]).toEqual([
            address,
            action,
            false,
          ]);
        }
      }
    }),
  );
});

test('peers come by STOMP over TLS 1.3 alone, and are asked for no name', () => {
  fc.assert(
    fc.property(arbitraryNodes(2, 3), (nodes) => {
      const plan = planOf(nodes);
      const acceptor = plan.acceptors.find(({ name }) => name === 'p2p');
      if (acceptor === undefined) throw new Error('no acceptor for peers');
      expect(acceptorUri(plan, acceptor)).toMatch(/protocols=STOMP;.*enabledProtocols=TLSv1\.3;.*needClientAuth=true/);
      const [config] = renderLogin(plan.loginDomains);
      const [, p2p = ''] = /^p2p \{\n([^}]*)\}/m.exec(config?.content ?? '') ?? [];
      expect([p2p.includes('TextFileCertificateLoginModule'), p2p.includes('PropertiesLoginModule')]).toEqual([
        true,
        false,
      ]);
    }),
  );
});

test('a peer that joins or leaves is a change of its own', () => {
  fc.assert(
    fc.property(arbitraryNodes(3, 5), (nodes) => {
      const [last] = nodes.slice(-1).map(peerId);
      const changes = diffPlans(planOf(nodes.slice(0, -1)), planOf(nodes));
      const about = changes.filter(({ kind }) => !kind.startsWith('service-'));
      expect(about.map(({ kind, peer, subject }) => [kind, peer ?? subject])).toEqual([['peer-joins', last]]);
    }),
  );
});

/** The node as the authority's database knows it. */
function withQueues(node: Peer, queues: number): Peer {
  const [server] = node.addresses;
  const stomp = {
    servers: [server],
    host: '/',
    destination: '/in',
    acceptedContentTypes: ['application/json'],
  } as const;
  const peer = {
    id: peerId(node),
    nodeType: 'creditors-agent',
    state: 'active',
    rootCertificate: node.nodeCa,
  } as const;
  return { ...node, swaptacular: { ...peer, stomp, queues } };
}

test('a peer has one address and as many queues there as its authority says, each carried by itself', () => {
  fc.assert(
    fc.property(arbitraryNodes(2, 2), fc.integer({ min: 1, max: 99 }), ([own, other], queues) => {
      if (own === undefined || other === undefined) throw new Error('too few nodes');
      const plan = planOf([own, withQueues(other, queues)]);
      for (const { id } of other.identities) {
        const address = cordaAddresses.peerQueue(id);
        expect(plan.addresses.filter(({ name }) => cordaAddresses.waitsFor(name) === id)).toHaveLength(1);
        const there = plan.queues.filter((queue) => queue.address === address);
        expect(there.map(({ name }) => name)).toEqual(
          Array.from({ length: queues }, (_, index) => cordaAddresses.peerQueue(id, index + 1)),
        );
        expect(new Set(there.map(({ routing }) => routing))).toEqual(new Set(['ANYCAST']));
        const links = plan.bridges[0]?.links.filter(({ queue }) => cordaAddresses.waitsFor(queue) === id);
        expect(links).toEqual(there.map(({ name }) => ({ queue: name, remoteAddress: '/in' })));
      }
    }),
  );
});

test('one queue more is a change of that peer alone', () => {
  fc.assert(
    fc.property(arbitraryNodes(3, 3), ([own, first, second]) => {
      if (own === undefined || first === undefined || second === undefined) throw new Error('too few nodes');
      const before = planOf([own, withQueues(first, 2), withQueues(second, 1)]);
      const after = planOf([own, withQueues(first, 3), withQueues(second, 1)]);
      expect(diffPlans(before, after).map(({ kind, peer, what }) => [kind, peer, what])).toEqual(
        first.identities.map(({ id }) => [
          'peer-links',
          peerId(first),
          `has one queue more: ${cordaAddresses.peerQueue(id, 3)}`,
        ]),
      );
    }),
  );
});
