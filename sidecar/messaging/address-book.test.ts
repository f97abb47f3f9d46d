import { X500Name } from '../certificates/x500-name';
import type { Identity, IdentityRole } from '../network/identity';
import type { Peer } from '../network/peer';
import { AddressBook } from './address-book';

function identity(id: string, name: string, role: IdentityRole = 'legal'): Identity {
  return { id, name: X500Name.parse(name), publicKey: new Uint8Array(), role };
}

function peer(own: Identity, services: Identity[] = []): Peer {
  return {
    identities: [own],
    services,
    addresses: [{ host: 'a.example', port: 10_002 }],
    nodeCa: '',
    platformVersion: 12,
    serial: 1n,
  };
}

const notary = identity('DLnotary', 'O=Notary, L=Zurich, C=CH', 'service');
const clock = identity('DLclock', 'O=Clock, L=Bern, C=CH', 'service');
const own = peer(identity('DLa', 'O=Party A, L=London, C=GB'), [clock]);
const partyB = peer(identity('DLb', 'O=Party B, L=New York, C=US'), [notary, clock]);
const book = new AddressBook(own, [partyB, peer(identity('DLc', 'O=Party C, L=Paris, C=FR'), [notary])]);

test.each([
  ['DLb', 'internal.peers.DLb'],
  ['O=Party B, L=New York, C=US', 'internal.peers.DLb'],
  ['C=US,L=New York,O=party b', 'internal.peers.DLb'],
  ['O=Notary, L=Zurich, C=CH', 'internal.services.DLnotary'],
  ['O=Party A, L=London, C=GB', 'p2p.inbound.DLa.from.DLa'],
  ['O=Clock, L=Bern, C=CH', 'p2p.inbound.DLclock.from.DLa'],
])('messages for %s are put at %s', (text, address) => {
  expect(book.find(text).address).toBe(address);
});

test.each([
  ['Party B', 'did you mean "O=Party B, L=New York, C=US"?'],
  ['O=Party B, L=New Yrok, C=US', 'did you mean "O=Party B, L=New York, C=US"?'],
  ['', /^use one of: O=Party A/],
  ['nobody of that name', /^use one of: O=Party A.*; O=Party C/],
])('whoever writes %j is told whom he may mean', (text, remedy) => {
  expect(() => book.find(text)).toThrow(
    expect.objectContaining({
      code: 'PEER_UNKNOWN',
      remedy: typeof remedy === 'string' ? remedy : (expect.stringMatching(remedy) as string),
    }) as Error,
  );
});

test('of many the first ones are named', () => {
  const many = Array.from({ length: 1000 }, (_, index) => peer(identity(`DL${index}`, `O=Peer ${index}, L=X, C=GB`)));
  const large = new AddressBook(own, many);
  expect(() => large.find('zzzzzzzzzzzzzzzzzzzz')).toThrow(
    expect.objectContaining({
      remedy: expect.stringMatching(/and \d+ more, see netmap status --all$/) as string,
    }) as Error,
  );
});

test('own identities alone', () => {
  expect(book.findOwn('O=Clock, L=Bern, C=CH').id).toBe('DLclock');
  expect(() => book.findOwn('DLb')).toThrow('names nobody "DLb"');
});

test('names by id', () => {
  expect(book.nameOf('DLb')).toBe('O=Party B, L=New York, C=US');
  expect(book.nameOf('DLx')).toBeUndefined();
});
