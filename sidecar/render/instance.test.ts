import fc from 'fast-check';
import { arbitraryNodes } from '../../test/golden/arbitrary-network';
import { settingsOf } from '../../test/golden/dialect';
import { STORE_CONTENTS } from '../../test/golden/show';
import { loadBaseSettings } from '../config/base-settings';
import type { BaseSettings } from '../lib/base-settings';
import { networkView } from '../network/network-view';
import { peerId, type Peer } from '../network/peer';
import { planBroker } from '../plan/plan-broker';
import { renderInstance } from './instance';

let base: BaseSettings;
beforeAll(async () => {
  base = await loadBaseSettings();
});

/** Content by path, with the connections of the peers named in use. */
function filesOf([own, ...peers]: readonly Peer[], active: readonly string[]): Map<string, string> {
  if (own === undefined) throw new Error('a network has one node at least');
  const plan = planBroker(networkView(own, peers), settingsOf({ users: ['carol'] }, base));
  const used = plan.bridges.filter(({ peer }) => active.includes(peer));
  return new Map(renderInstance(plan, STORE_CONTENTS, used).map(({ path, content }) => [path, content]));
}

/** The files in which all peers are, one line a grant or login. */
const SHARED = ['etc/p2p-certificates.properties', 'etc/p2p-certificate-roles.properties', 'etc/broker.properties'];

test('when a peer joins no file of another changes, and in the shared files each new line is its own', () => {
  fc.assert(
    fc.property(arbitraryNodes(3, 6), (nodes) => {
      const [joining] = nodes.slice(-1);
      if (joining === undefined) return;
      const active = nodes.slice(1, -1).map(peerId);
      const before = filesOf(nodes.slice(0, -1), active);
      const after = filesOf(nodes, active);
      expect([...after.keys()]).toEqual([...before.keys()]);
      for (const [path, content] of after) {
        if (!SHARED.includes(path)) expect([path, content]).toEqual([path, before.get(path)]);
        const old = (before.get(path) ?? '').split('\n');
        const lines = content.split('\n');
        expect(lines.filter((line) => old.includes(line))).toEqual(old);
        expect(lines.filter((line) => !old.includes(line) && !line.includes(peerId(joining)))).toEqual([]);
      }
    }),
  );
});

test('what is rendered does not depend on the order of the map', () => {
  fc.assert(
    fc.property(arbitraryNodes(2, 6), ([own, ...peers]) => {
      if (own === undefined) return;
      const active = peers.map(peerId);
      expect(filesOf([own, ...[...peers].reverse()], active)).toEqual(filesOf([own, ...peers], active));
    }),
  );
});

test('a peer without traffic is not in broker.xml, and has no store', () => {
  fc.assert(
    fc.property(arbitraryNodes(2, 6), (nodes) => {
      const files = filesOf(nodes, []);
      for (const peer of nodes.slice(1)) {
        expect(files.get('etc/broker.xml')).not.toContain(peerId(peer));
        expect([...files.keys()].filter((path) => path.includes(peerId(peer)))).toEqual([]);
      }
    }),
  );
});
