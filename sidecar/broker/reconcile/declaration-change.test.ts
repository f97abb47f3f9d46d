import { BrokerModel } from '../../../test/faults/model/broker-model';
import { ModelManagement } from '../../../test/faults/model/model-management';
import { Tap } from '../../../test/faults/model/tap';
import type { Address, Queue } from '../../plan/broker-plan';
import { ManagementError } from '../management-error';
import { BrokerOperations } from '../operations';
import { declarationChange, type Declared } from './declaration-change';

const address = (name: string): Address => ({ name, routing: 'ANYCAST' });
const queue = (name: string): Queue => ({ name, address: name, routing: 'ANYCAST', filter: 'x = 1' });
const broker = new BrokerModel(new Map(), () => true);
let tap: Tap;
let declared: Declared;

const changeOf = (addresses: Address[], queues: Queue[]) =>
  declarationChange(
    new BrokerOperations(new ModelManagement(broker, tap.passage)),
    addresses,
    queues,
    declared,
    'test',
  );

beforeEach(() => {
  broker.addresses.clear();
  broker.queues.clear();
  tap = new Tap();
  declared = { addresses: new Set(), queues: new Set() };
});

test('addresses come before their queues, and the broker is asked for both', async () => {
  const change = changeOf([address('a'), address('b')], [queue('a')]);
  await change.apply();
  await change.verify();
  expect(tap.takeWrites()).toEqual(['createAddress a', 'createAddress b', 'createQueue a']);
  expect(broker.queues.get('a')).toMatchObject({ address: 'a', filter: 'x = 1' });
  expect(declared).toEqual({ addresses: new Set(['a', 'b']), queues: new Set(['a']) });
  expect(change.what).toBe('2 addresses and 1 queues are made: a, b');
});

test('what is missing afterwards is named', async () => {
  const change = changeOf([address('a')], [queue('a')]);
  await change.apply();
  broker.queues.clear();
  await expect(change.verify()).rejects.toMatchObject({
    code: 'APPLY_NOT_LIVE',
    message: 'the broker does not have a',
  });
});

test('of many all names are asked for at once', async () => {
  const many = Array.from({ length: 30 }, (_, index) => address(`a${index}`));
  const change = changeOf(many, []);
  await change.apply();
  tap.takeWrites();
  await change.verify();
  expect(tap.seen).toEqual(['getAddressNames']);
  expect(change.what).toBe('30 addresses and 0 queues are made');
});

test('an address whose making was carried out without an answer is found made when it is tried again', async () => {
  tap.fail(/createAddress a/, new ManagementError('MANAGEMENT_TIMEOUT', 'late'), { done: true });
  await expect(changeOf([address('a')], []).apply()).rejects.toMatchObject({ code: 'MANAGEMENT_TIMEOUT' });
  await changeOf([address('a')], []).apply();
  expect(declared.addresses).toEqual(new Set(['a']));
});

test('another refusal is told, after everything on its way has come back', async () => {
  tap.fail(/createAddress a/, new ManagementError('MANAGEMENT_REFUSED', 'no'));
  await expect(changeOf([address('a'), address('b')], [queue('b')]).apply()).rejects.toThrow('no');
  expect([...broker.addresses.keys()]).toEqual(['b']);
  expect(broker.queues.size).toBe(0);
});

test('what was made stays: a message may have come in', async () => {
  const change = changeOf([address('a')], [queue('a')]);
  await change.apply();
  tap.takeWrites();
  await change.undo();
  expect(tap.seen).toEqual([]);
  expect(broker.queues.has('a')).toBe(true);
});
