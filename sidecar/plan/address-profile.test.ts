import { cordaAddresses } from './address-profile';

test('an ingress address names its sender', () => {
  const address = cordaAddresses.ingress('DLme', 'DLpeer');
  expect(cordaAddresses.senderOf(address)).toBe('DLpeer');
});

test('a queue beside the address, whatever its name, is no part of the sender', () => {
  const address = cordaAddresses.ingress('DLme', 'DLpeer');
  expect(cordaAddresses.senderOf(`${address}::p2p.inbound.DLme`)).toBe('DLpeer');
  expect(cordaAddresses.senderOf(`${address}::${cordaAddresses.ingress('DLme', 'DLother')}`)).toBe('DLpeer');
});

test.each([
  'p2p.inbound.DLme',
  'p2p.inbound.DLme.from.#',
  'p2p.inbound.DLme.from.*',
  'p2p.inbound.DLme.from.',
  'p2p.inbound.DLme.from.DLpeer.more',
  'p2p.inbound.DLme.more.from.DLpeer',
  'x.p2p.inbound.DLme.from.DLpeer',
  'p2p.inbound.DLme.from.DLpeer\n',
  'x::p2p.inbound.DLme.from.DLpeer',
  'p2p.inbound.DLme.from.DLpeer:DLother',
  'internal.peers.DLpeer',
  'rpc.server.from.operator',
  '',
])('%j names no sender', (address) => {
  expect(cordaAddresses.senderOf(address)).toBeUndefined();
});

test.each([
  ['internal.peers.DLpeer', 'DLpeer'],
  ['internal.services.DLnotary', 'DLnotary'],
  ['internal.peers.DLpeer.more', undefined],
  ['internal.other.DLpeer', undefined],
  ['x.internal.peers.DLpeer', undefined],
  ['internal.peers.#', undefined],
  ['internal.peers.DLpeer.2', 'DLpeer'],
  ['internal.peers.DLpeer::internal.peers.DLpeer.99', 'DLpeer'],
  ['internal.peers.DLpeer.0', undefined],
  ['internal.peers.DLpeer.100', undefined],
  ['internal.peers.DLpeer.2.3', undefined],
])('%s waits for %s', (queue, id) => {
  expect(cordaAddresses.waitsFor(queue)).toBe(id);
});

test('several queues at one address: the first has its name, the others a number', () => {
  expect([1, 2, 99].map((number) => cordaAddresses.peerQueueAlone('DLpeer', number))).toEqual([
    'internal.peers.DLpeer::internal.peers.DLpeer',
    'internal.peers.DLpeer::internal.peers.DLpeer.2',
    'internal.peers.DLpeer::internal.peers.DLpeer.99',
  ]);
});
