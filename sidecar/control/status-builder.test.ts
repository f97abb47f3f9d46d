import { OWN, peer, sourced } from '../../test/faults/model/network';
import type { BridgeStatus } from '../broker/bridge/bridge-status';
import { NodeError } from './node-error';
import { buildStatus, problemOf, type StatusInput } from './status-builder';

const bridge: BridgeStatus = {
  peer: 'DLA',
  name: 'whatever the bridge calls it',
  phase: 'waiting',
  since: 5,
  queued: 3,
  failures: 2,
  retryAt: 9,
  cause: { code: 'ACCESS_TLS', message: 'no' },
};
const input: StatusInput = {
  own: OWN,
  pid: 7,
  startedAt: 1,
  now: 10,
  broker: { kind: 'attached', state: 'ready' },
  snapshot: {
    peers: [sourced(OWN), sourced(peer('A')), sourced(peer('B'))],
    parked: [],
    serials: new Map(),
    revision: 4,
  },
  bridges: [bridge],
  parts: { repairs: 0 },
  departed: new Map(),
};

test('every peer of the map is there, with its bridge where it has one; the own node is none', () => {
  expect(buildStatus(input)).toEqual({
    node: { name: 'O=Party Me, L=London, C=GB', id: 'DLMe' },
    pid: 7,
    startedAt: 1,
    updatedAt: 10,
    broker: { kind: 'attached', state: 'ready' },
    map: { revision: 4, peers: 3, parked: [] },
    drift: { repairs: 0 },
    peers: [
      { ...bridge, id: 'DLA', name: 'O=Party A, L=London, C=GB', addresses: ['a.example:10000'] },
      { id: 'DLB', name: 'O=Party B, L=London, C=GB', addresses: ['b.example:10000'] },
    ],
  });
});

test('who has left is told as long as something is kept for him', () => {
  const departed = new Map([
    ['DLC', { name: 'O=Party C, L=London, C=GB', since: 3, messages: 2 }],
    ['DLD', { since: 4, closing: true as const }],
  ]);
  expect(buildStatus({ ...input, departed }).departed).toEqual([
    { id: 'DLC', name: 'O=Party C, L=London, C=GB', since: 3, messages: 2 },
    { id: 'DLD', since: 4 },
  ]);
});

test('IPv6 addresses are written in brackets', () => {
  const six = { ...peer('A'), addresses: [{ host: '::1', port: 1 }] as const };
  const status = buildStatus({ ...input, snapshot: { ...input.snapshot, peers: [sourced(six)] } });
  expect(status.peers[0]?.addresses).toEqual(['[::1]:1']);
});

test('what is known of the loop is shown, what is not is left out', () => {
  const held = { code: 'X', message: 'x', since: 1 };
  const live = { change: 'c', at: 2, tookMs: 3, changes: [] };
  const lastRepair = { at: 4, changes: [] };
  expect(buildStatus({ ...input, parts: { version: '2.56.0', held, live, repairs: 1, lastRepair } })).toMatchObject({
    broker: { version: '2.56.0' },
    held,
    live,
    drift: { repairs: 1, last: lastRepair },
  });
});

describe('a problem', () => {
  test('is told with its code, its causes and what to do', () => {
    const error = new NodeError('NODE_CHAIN', 'bad chain', {
      remedy: 'ask',
      cause: new Error('a', { cause: new Error('b') }),
    });
    expect(problemOf(error, 5)).toEqual({ code: 'NODE_CHAIN', message: 'bad chain: a: b', remedy: 'ask', since: 5 });
  });

  test('whose words are the end of what wraps it are said once', () => {
    const cause = new Error('it has ended');
    expect(problemOf(new NodeError('NODE_CHAIN', 'no good: it has ended', { cause }), 5).message).toBe(
      'no good: it has ended',
    );
  });

  test('that nobody has foreseen is told, too', () => {
    expect(problemOf(new TypeError('x'), 5)).toEqual({ code: 'UNEXPECTED', message: 'x', since: 5 });
    expect(problemOf('thrown text', 5)).toEqual({ code: 'UNEXPECTED', message: 'thrown text', since: 5 });
  });

  test('ends though its causes run in a circle', () => {
    const error = new Error('a');
    error.cause = error;
    expect(problemOf(error, 5).message).toBe('a');
    const [one, other] = [new Error('one'), new Error('other')];
    [one.cause, other.cause] = [other, one];
    expect(problemOf(one, 5).message).toBe('one: other: one: other: one');
  });
});
