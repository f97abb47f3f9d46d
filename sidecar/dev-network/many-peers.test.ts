import { randomBytes } from 'node:crypto';
import { verifyCordaChain } from '../certificates/corda-roles';
import { ManualClock } from '../lib/clock';
import { peerId } from '../network/peer';
import { readNodeInfoJson } from '../network-map/node-info-json';
import { verifyNodeInfo } from '../network-map/verify-node-info';
import { settingsAt } from './dev-network';
import { issueAuthority, issueTls } from './issue-corda';
import { createManyPeers, type MadePeer } from './many-peers';

const at = Date.UTC(2026, 10, 22);
const settings = settingsAt(new ManualClock(at), randomBytes);
const authority = issueAuthority(settings);

async function make(count: number, first?: number): Promise<MadePeer[]> {
  const made: MadePeer[] = [];
  for await (const each of createManyPeers({ ...settings, authority, count, first })) made.push(each);
  return made;
}

test('each NodeInfo verifies, and says what the peer says', async () => {
  for (const { peer, nodeInfo } of await make(10)) {
    const read = await verifyNodeInfo(readNodeInfoJson(Buffer.from(nodeInfo)), { roots: authority.root.chain, at });
    const [identity] = peer.identities;
    expect(read.identities.map(({ id, name, role }) => [id, name.key(), role])).toEqual([
      [identity.id, identity.name.key(), 'legal'],
    ]);
    expect(Buffer.compare(read.identities[0].publicKey, identity.publicKey)).toBe(0);
    const { services, addresses, nodeCa, platformVersion, serial } = peer;
    expect(read).toMatchObject({ services, addresses, nodeCa, platformVersion, serial });
  }
});

test('no two are alike, and more can follow', async () => {
  const made = [...(await make(12)), ...(await make(3, 13))];
  expect(new Set(made.map(({ peer }) => peerId(peer))).size).toBe(15);
  expect(new Set(made.map(({ peer }) => peer.identities[0].name.key())).size).toBe(15);
  expect(made.map(({ fileName }) => fileName).slice(11, 13)).toEqual(['peer-00012.json', 'peer-00013.json']);
});

test('a TLS certificate can be issued to any of them', async () => {
  const [{ nodeCa, peer }] = (await make(1)) as [MadePeer];
  const { chain } = issueTls(nodeCa, settings);
  expect(verifyCordaChain({ chain, roots: authority.root.chain, at, roles: ['TLS'] }).nodeCa?.pem()).toBe(peer.nodeCa);
});
