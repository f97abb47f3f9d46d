import { X500Name } from '../../certificates/x500-name';
import type { Identity } from '../../network/identity';
import type { SourcedPeer } from '../../network/merge';
import { peerId, type Peer } from '../../network/peer';
import type { MapSnapshot } from '../../sources/source';
import { outsideWindow } from './outside-window';

const identity = (name: string, id = name.toLowerCase(), role: Identity['role'] = 'legal'): Identity => {
  return { id, name: X500Name.parse(`O=${name}, L=Rome, C=IT`), publicKey: Buffer.of(1), role };
};

function node(name: string, serial: number, more: Partial<Peer> = {}): SourcedPeer {
  const peer: Peer = {
    identities: [identity(name)],
    services: [],
    addresses: [{ host: 'localhost', port: 1 }],
    ...{ nodeCa: 'ca', platformVersion: 1, serial: BigInt(serial) },
    ...more,
  };
  return { peer, origin: name, version: `${name} ${serial}` };
}

function map(...peers: SourcedPeer[]): MapSnapshot {
  return { peers, parked: [], serials: new Map(peers.map(({ peer }) => [peerId(peer), peer.serial])), revision: 1 };
}

const NONE = { joins: 0, changes: 0 };

function look(live: MapSnapshot, newest: MapSnapshot) {
  const { snapshot, waiting } = outsideWindow(live, newest, 'me');
  const { peers, serials } = snapshot;
  return { versions: peers.map(({ version }) => version), serials: Object.fromEntries(serials), waiting };
}

test('who joins waits, and his serial is not noted', () => {
  expect(look(map(node('A', 1)), map(node('A', 1), node('B', 1)))).toEqual({
    versions: ['A 1'],
    serials: { a: 1n },
    waiting: { joins: 1, changes: 0 },
  });
});

test('who leaves does so at once, while another joins and waits', () => {
  const { versions, waiting } = look(map(node('A', 1), node('B', 1)), map(node('B', 1), node('C', 1)));
  expect([versions, waiting]).toEqual([['B 1'], { joins: 1, changes: 0 }]);
});

const moved = { addresses: [{ host: 'elsewhere', port: 2 }] } as const;
const both = { identities: [identity('A'), identity('Two')] } as const;
const service = { services: [identity('S', 's', 'service')] } as const;

test.each<[string, Partial<Peer>, Partial<Peer>]>([
  ['other addresses', {}, moved],
  ['one more name', {}, both],
  ['a service', {}, service],
])('%s wait', (_what, before, after) => {
  expect(look(map(node('A', 1, before)), map(node('A', 2, after)))).toEqual({
    versions: ['A 1'],
    serials: { a: 1n },
    waiting: { joins: 0, changes: 1 },
  });
});

test.each<[string, Partial<Peer>, Partial<Peer>]>([
  ['another node CA', {}, { nodeCa: 'other' }],
  ['another node CA, and moved', {}, { nodeCa: 'other', ...moved }],
  ['one name less', both, {}],
  ['one name less, and moved', both, moved],
  ['a service less', service, {}],
  ['another name of its key', {}, { identities: [identity('Other', 'a')] }],
  ['another serial alone', {}, {}],
])('%s never waits', (_what, before, after) => {
  expect(look(map(node('A', 1, before)), map(node('A', 2, after)))).toEqual({
    versions: ['A 2'],
    serials: { a: 2n },
    waiting: NONE,
  });
});

test('who has another key under his name is not cut off until a window opens', () => {
  const next = node('A', 1, { identities: [identity('A', 'a2')] });
  expect(look(map(node('A', 1)), map(next))).toMatchObject({ versions: ['A 1'], serials: { a2: 1n }, waiting: NONE });
  expect(outsideWindow(map(node('A', 1)), map(next), 'me').snapshot.peers).toEqual([next]);
});

test('the own entry and the parameters of the network never wait', () => {
  const own = node('Me', 1);
  const parameters = { epoch: 2 } as unknown as NonNullable<MapSnapshot['parameters']>;
  const { snapshot, waiting } = outsideWindow(map(node('A', 1)), { ...map(node('A', 1), own), parameters }, 'me');
  expect([snapshot.peers.length, snapshot.parameters, waiting]).toEqual([2, parameters, NONE]);
});

test('of a Swaptacular peer the certificates count at once, and where it takes messages waits', () => {
  type Swaptacular = NonNullable<Peer['swaptacular']>;
  const peer = (more: object): Partial<Peer> => ({
    swaptacular: { id: 'a', rootCertificate: 'r', state: 'active', queues: 1, stomp: {}, ...more } as Swaptacular,
  });
  const seen = (more: object) =>
    look(map(node('A', 0, peer({}))), map({ ...node('A', 0, peer(more)), version: 'new' }));
  expect(seen({ peerCertificate: 'p', queues: 2 })).toMatchObject({ versions: ['new'], waiting: NONE });
  expect(seen({ state: 'deactivated' })).toMatchObject({ versions: ['new'], waiting: NONE });
  expect(seen({ stomp: { host: 'x' } })).toMatchObject({ versions: ['A 0'], waiting: { changes: 1 } });
  expect(seen({ queues: 2 })).toMatchObject({ versions: ['A 0'], waiting: { changes: 1 } });
});
