import { AddressBookError } from '../../messaging/address-book-error';
import { whose, type Known } from './whose';

const unknown = new AddressBookError('PEER_UNKNOWN', 'the map names nobody so');
const known: Known = {
  find: async (text) => {
    if (text === 'O=Party B, L=New York, C=US') return { id: 'DLb' };
    throw unknown;
  },
  departed: ['DLleft'],
  users: async () => ['operator'],
  count: async (id) => (id === 'DLlong-gone' ? 3 : 0),
};

test.each([
  ['a peer', 'O=Party B, L=New York, C=US', 'DLb'],
  ['who has left', 'DLleft', 'DLleft'],
  ['an RPC user', 'operator', 'operator'],
  ['of whom there are dead letters', 'DLlong-gone', 'DLlong-gone'],
])('%s', async (_, text, id) => {
  await expect(whose(text, known)).resolves.toBe(id);
});

test.each(['operater', 'DLnobody', 'O=Party C, L=New York, C=US'])('%s is unknown', async (text) => {
  await expect(whose(text, known)).rejects.toBe(unknown);
});

test('what else fails is not taken for unknown', async () => {
  const broken = new Error('the map cannot be read');
  await expect(whose('operator', { ...known, find: () => Promise.reject(broken) })).rejects.toBe(broken);
});
