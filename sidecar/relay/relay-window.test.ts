import type { RelayDelivery } from './relay-inbox';
import { RelayWindow, type RelayEntry } from './relay-window';

const delivery = (id: string): RelayDelivery => ({
  message: { id, type: 'T', contentType: 'application/json', body: Buffer.alloc(0) },
  accept: () => undefined,
  reject: () => undefined,
});
const ids = (entries: readonly (RelayEntry | undefined)[] | undefined): (string | undefined)[] | undefined =>
  entries?.map((entry) => entry?.delivery.message.id);

function withMessages(...names: string[]): RelayWindow {
  const window = new RelayWindow();
  for (const name of names) window.add(delivery(name));
  return window;
}
const sendAll = (window: RelayWindow): void => {
  while (window.send() !== undefined);
};

test('a receipt confirms all before it, once', () => {
  const window = withMessages('a', 'b', 'c', 'd');
  sendAll(window);
  expect(ids(window.confirm(3))).toEqual(['a', 'b', 'c']);
  expect(ids(window.confirm(3))).toEqual([]);
  expect(ids(window.confirm(1))).toEqual([]);
  expect(ids(window.confirm(4))).toEqual(['d']);
});

test.each([0, -1, 3, 1.5, Number.NaN])('a receipt that was never asked for confirms nothing: %d', (receipt) => {
  const window = withMessages('a', 'b');
  sendAll(window);
  expect(window.confirm(receipt)).toBeUndefined();
  expect(window.inFlight).toBe(2);
});

test('after a loss what is unconfirmed comes first, in order, with receipts from one on', () => {
  const window = withMessages('a', 'b', 'c', 'd');
  for (let sent = 0; sent < 3; sent += 1) window.send();
  window.confirm(1);
  window.disconnected();
  expect([window.inFlight, window.waiting]).toEqual([0, 3]);
  const again = [window.send(), window.send(), window.send()];
  expect(ids(again)).toEqual(['b', 'c', 'd']);
  expect(again.map((entry) => [entry?.receipt, entry?.sends])).toEqual([
    [1, 2],
    [2, 2],
    [3, 1],
  ]);
});

test('the one to blame is the named one, or the only one', () => {
  const window = withMessages('a', 'b', 'c');
  sendAll(window);
  expect(window.takeBlamed(undefined)).toBeUndefined();
  expect(window.takeBlamed(9)).toBeUndefined();
  expect(window.takeBlamed(2)?.delivery.message.id).toBe('b');
  window.confirm(1);
  expect(window.takeBlamed(9)).toBeUndefined();
  expect(window.takeBlamed(undefined)?.delivery.message.id).toBe('c');
  expect(window.inFlight).toBe(0);
});

test('of what came by a link that is lost nothing is sent again', () => {
  const window = withMessages('a', 'b', 'c');
  window.send();
  expect(window.unlinked()).toBe(1);
  expect(window.unlinked()).toBe(0);
  window.add(delivery('a again'));
  window.send();
  expect(window.confirm(1)?.map(({ orphan }) => orphan)).toEqual([true]);
  window.disconnected();
  expect(ids([window.send(), window.send()])).toEqual(['a again', undefined]);
});

test('the closing receipt confirms all', () => {
  const window = withMessages('a', 'b');
  sendAll(window);
  expect(ids(window.confirm(window.closingReceipt()))).toEqual(['a', 'b']);
});
