import { X500Name } from '../certificates/x500-name';
import type { Identity } from './identity';
import { mergePeers, type KnownSerials, type MergeResult, type SourcedPeer } from './merge';
import { mergeWithFallback } from './merge-fallback';

const identity = (name: string, id = name, role: Identity['role'] = 'legal'): Identity => ({
  id,
  name: X500Name.parse(`O=${name}, L=Rome, C=IT`),
  publicKey: Buffer.from(id),
  role,
});

interface Parts {
  serial?: number;
  key?: string;
  origin?: string;
  services?: Identity[];
  more?: Identity[];
  version?: string;
}

function sourced(name: string, { serial = 1, key = name, services = [], more = [], ...rest }: Parts = {}): SourcedPeer {
  const peer = {
    identities: [identity(name, key), ...more] as const,
    services,
    addresses: [{ host: 'localhost', port: 1000 }] as const,
    nodeCa: '',
    platformVersion: 1,
    serial: BigInt(serial),
  };
  return { peer, origin: rest.origin ?? name, version: rest.version ?? `${name} ${serial} ${rest.origin ?? ''}` };
}

const serials = (entries: Record<string, number>): KnownSerials =>
  new Map(Object.entries(entries).map(([id, serial]) => [id, BigInt(serial)]));

const outcome = ({ peers, refused }: MergeResult): unknown => ({
  peers: peers.map(({ origin }) => origin),
  refused: Object.fromEntries(refused.map(({ candidate, error }) => [candidate.origin, error.code])),
});

/** The outcome, proved to be the same for candidates in the opposite order. */
function merged(candidates: SourcedPeer[], known: KnownSerials = new Map()): unknown {
  const result = outcome(mergePeers(candidates, known));
  expect(outcome(mergePeers([...candidates].reverse(), known))).toEqual(result);
  return result;
}

describe('mergePeers', () => {
  it('takes each node once, in the order of names, and returns its serial with those known before', () => {
    const result = mergePeers([sourced('B', { serial: 5 }), sourced('A')], serials({ B: 4, Gone: 9 }));
    expect(outcome(result)).toEqual({ peers: ['A', 'B'], refused: {} });
    expect(result.serials).toEqual(serials({ A: 1, B: 5, Gone: 9 }));
  });

  it('takes the newest of several versions of a node', () => {
    const versions = [1, 3, 2].map((serial) => sourced('A', { serial, origin: `a${serial}` }));
    expect(merged(versions)).toEqual({ peers: ['a3'], refused: { a1: 'MERGE_SUPERSEDED', a2: 'MERGE_SUPERSEDED' } });
  });

  it('refuses a serial older than the one known, and takes the same again', () => {
    expect(merged([sourced('A', { serial: 4 })], serials({ A: 5 }))).toEqual({
      peers: [],
      refused: { A: 'MERGE_SERIAL_OLD' },
    });
    expect(merged([sourced('A', { serial: 5 })], serials({ A: 5 }))).toEqual({ peers: ['A'], refused: {} });
  });

  it('keeps the known serial of a node that is refused', () => {
    expect(mergePeers([sourced('A', { serial: 4 })], serials({ A: 5 })).serials).toEqual(serials({ A: 5 }));
  });

  it('says nothing of a copy, and refuses other content with the same serial', () => {
    const copy = (origin: string, version: string): SourcedPeer => sourced('A', { origin, version });
    expect(merged([copy('a', 'same'), copy('b', 'same')])).toEqual({ peers: ['a'], refused: {} });
    expect(merged([copy('a', 'one'), copy('b', 'other')])).toEqual({
      peers: ['a'],
      refused: { b: 'MERGE_SERIAL_AMBIGUOUS' },
    });
  });

  it('gives a name to one key: the node that is known, else the first by origin', () => {
    const contenders = [sourced('A', { key: 'k1', origin: 'a' }), sourced('A', { key: 'k2', origin: 'b' })];
    expect(merged(contenders)).toEqual({ peers: ['a'], refused: { b: 'MERGE_NAME_TAKEN' } });
    expect(merged(contenders, serials({ k2: 1 }))).toEqual({ peers: ['b'], refused: { a: 'MERGE_NAME_TAKEN' } });
  });

  it('compares names as names, not as text', () => {
    expect(merged([sourced('Acme', { key: 'k1', origin: 'a' }), sourced('ACME', { key: 'k2', origin: 'b' })])).toEqual({
      peers: ['a'],
      refused: { b: 'MERGE_NAME_TAKEN' },
    });
  });

  it('gives a legal key to one node, whatever its name and role', () => {
    const holder = sourced('A', { origin: 'a' });
    expect(merged([holder, sourced('B', { origin: 'b', more: [identity('C', 'A')] })])).toEqual({
      peers: ['a'],
      refused: { b: 'MERGE_KEY_TAKEN' },
    });
    expect(merged([sourced('B', { origin: 'b', services: [identity('A', 'A', 'service')] }), holder])).toEqual({
      peers: ['a'],
      refused: { b: 'MERGE_KEY_TAKEN' },
    });
  });

  it('lets nodes share a service, under one name and key', () => {
    const service = (name: string, id: string): Identity[] => [identity(name, id, 'service')];
    const first = sourced('A', { services: service('S', 's') });
    expect(merged([first, sourced('B', { services: service('S', 's') })])).toEqual({ peers: ['A', 'B'], refused: {} });
    expect(merged([first, sourced('B', { services: service('S', 't') })])).toEqual({
      peers: ['A'],
      refused: { B: 'MERGE_NAME_TAKEN' },
    });
    expect(merged([first, sourced('B', { services: service('T', 's') })])).toEqual({
      peers: ['A'],
      refused: { B: 'MERGE_KEY_TAKEN' },
    });
  });

  it('takes an older version of a node whose newest one is refused', () => {
    const newest = sourced('B', { serial: 2, origin: 'b2', more: [identity('A', 'k')] });
    expect(merged([sourced('A', { origin: 'a' }), sourced('B', { origin: 'b1' }), newest])).toEqual({
      peers: ['a', 'b1'],
      refused: { b2: 'MERGE_NAME_TAKEN' },
    });
  });

  it('says in the message who contends with whom', () => {
    const [refused] = mergePeers(
      [sourced('A', { origin: 'a' }), sourced('A', { key: 'k', origin: 'b' })],
      new Map(),
    ).refused;
    expect(refused?.error.message).toBe(
      'The NodeInfo of O=A, L=Rome, C=IT from b cannot be taken: the node from a has the name O=A, L=Rome, C=IT, with another key',
    );
  });
});

describe('names within names', () => {
  const named = (text: string, origin: string, serial = 1): SourcedPeer => {
    const { peer, ...rest } = sourced(text, { key: text, origin, serial });
    const [own] = peer.identities;
    return { ...rest, peer: { ...peer, identities: [{ ...own, name: X500Name.parse(text) }] } };
  };
  const bank = (origin: string): SourcedPeer => named('O=Bank, L=Rome, C=IT', origin);
  const treasury = (origin: string): SourcedPeer => named('OU=Treasury, O=Bank, L=Rome, C=IT', origin);

  it.each([
    ['the wider', bank, treasury],
    ['the narrower', treasury, bank],
  ])('gives the place to the first by origin, be it %s', (_which, first, second) => {
    expect(merged([first('a'), second('b')])).toEqual({ peers: ['a'], refused: { b: 'MERGE_NAME_WITHIN' } });
  });

  it('gives the place to the node that is known already', () => {
    const known = serials({ 'OU=Treasury, O=Bank, L=Rome, C=IT': 1 });
    expect(merged([bank('a'), treasury('b')], known)).toEqual({ peers: ['b'], refused: { a: 'MERGE_NAME_WITHIN' } });
  });

  it('sees a name several steps further in, whatever the case of its letters', () => {
    expect(merged([bank('a'), named('CN=Desk 1, OU=Treasury, O=BANK, L=rome, C=IT', 'b')])).toEqual({
      peers: ['a'],
      refused: { b: 'MERGE_NAME_WITHIN' },
    });
  });

  it('takes names that share steps, or begin with the same letters, and those whose steps stand in another order', () => {
    const others = [
      named('OU=Treasury, O=Bank, L=Rome, C=IT', 'a'),
      named('OU=Sales, O=Bank, L=Rome, C=IT', 'b'),
      named('O=Bank of Rome, L=Rome, C=IT', 'c'),
      named('O=Bank, L=Milan, C=IT', 'd'),
      named('C=IT, L=Rome, O=Bank', 'e'),
    ];
    expect(merged(others)).toEqual({ peers: ['c', 'b', 'a', 'd', 'e'], refused: {} });
  });

  it('frees the names of a node whose NodeInfo is refused', () => {
    expect(merged([bank('a'), treasury('b')], serials({ 'O=Bank, L=Rome, C=IT': 2 }))).toEqual({
      peers: ['b'],
      refused: { a: 'MERGE_SERIAL_OLD' },
    });
  });

  it('compares 10,000 nodes in the blink of an eye', () => {
    const many = Array.from({ length: 10_000 }, (_, index) =>
      named(`OU=Desk ${index}, O=Bank, L=Rome, C=IT`, `n${index}`),
    );
    expect(outcome(mergePeers([...many, bank('z')], new Map()))).toMatchObject({ refused: { z: 'MERGE_NAME_WITHIN' } });
  });

  it('says which two names it is about', () => {
    const [refused] = mergePeers([bank('a'), treasury('b')], new Map()).refused;
    expect(refused?.error.message).toBe(
      'The NodeInfo of OU=Treasury, O=Bank, L=Rome, C=IT from b cannot be taken: the node from a has the name O=Bank, L=Rome, C=IT, and one of the two names lies within the other',
    );
  });
});

describe('mergeWithFallback', () => {
  const before = sourced('A', { serial: 5, origin: 'a' });

  it('keeps what an input gave before when its newest content is refused', () => {
    const older = sourced('A', { serial: 4, origin: 'a' });
    const result = mergeWithFallback([{ newest: older, before }], serials({ A: 5 }));
    expect(outcome(result)).toEqual({ peers: ['a'], refused: { a: 'MERGE_SERIAL_OLD' } });
    expect(result.peers).toEqual([before]);
  });

  it('takes the newest content where it is good', () => {
    const newest = sourced('A', { serial: 6, origin: 'a' });
    expect(mergeWithFallback([{ newest, before }], serials({ A: 5 })).peers).toEqual([newest]);
  });

  it('has nothing to fall back to when the content is the same', () => {
    const result = mergeWithFallback([{ newest: before, before }], serials({ A: 6 }));
    expect(outcome(result)).toEqual({ peers: [], refused: { a: 'MERGE_SERIAL_OLD' } });
  });

  it('does not bring back a node that is there from elsewhere by now', () => {
    const elsewhere = { newest: sourced('A', { serial: 7, origin: 'z' }) };
    const result = mergeWithFallback(
      [{ newest: sourced('A', { serial: 4, origin: 'a' }), before }, elsewhere],
      serials({ A: 5 }),
    );
    expect(outcome(result)).toEqual({ peers: ['z'], refused: { a: 'MERGE_SUPERSEDED' } });
  });
});
