import { X500Name } from '../certificates/x500-name';
import { ManualClock } from '../lib/clock';
import type { SourcedPeer } from '../network/merge';
import type { Peer } from '../network/peer';
import { OwnNameGuard } from './own-name-guard';
import type { MapSnapshot, MapSource, SnapshotListener } from './source';

function peer(name: string, id: string): Peer {
  return {
    identities: [{ id, name: X500Name.parse(name), publicKey: Buffer.from(id), role: 'legal' }],
    services: [],
    addresses: [{ host: 'localhost', port: 1 }],
    nodeCa: '',
    platformVersion: 1,
    serial: 1n,
  };
}
const OWN = peer('O=Own, L=Rome, C=IT', 'own');
const sourced = (one: Peer, origin: string): SourcedPeer => ({ peer: one, origin, version: origin });
const other = sourced(peer('O=Other, L=Rome, C=IT', 'other'), 'other');

class GivenSource implements MapSource {
  private listener: SnapshotListener = () => undefined;
  private current: MapSnapshot = { peers: [], parked: [], serials: new Map(), revision: 0 };

  async start(listener: SnapshotListener): Promise<void> {
    this.listener = listener;
  }

  async stop(): Promise<void> {
    this.listener = () => undefined;
  }

  snapshot(): MapSnapshot {
    return this.current;
  }

  give(...peers: SourcedPeer[]): void {
    this.current = { ...this.current, peers, revision: this.current.revision + 1 };
    this.listener(this.current);
  }
}

async function guarded() {
  const source = new GivenSource();
  const clock = new ManualClock(1_000);
  const guard = new OwnNameGuard(source, OWN, clock);
  const told: MapSnapshot[] = [];
  await guard.start((snapshot) => told.push(snapshot));
  return { source, clock, guard, told };
}
const shown = ({ peers, parked }: MapSnapshot) => ({
  peers: peers.map(({ origin }) => origin),
  parked: parked.map(({ origin, error, since }) => [origin, error.code, since]),
});

it.each([
  ['its name with another key', 'MERGE_NAME_TAKEN', peer('O=Own, L=Rome, C=IT', 'false')],
  ['its name in another order and case', 'MERGE_NAME_TAKEN', peer('C=it, L=ROME, O=own', 'false')],
  [
    'its key under another name',
    'MERGE_KEY_TAKEN',
    { ...peer('O=False, L=Rome, C=IT', 'x'), services: OWN.identities },
  ],
  ['a name within its name', 'MERGE_NAME_WITHIN', peer('CN=x, O=Own, L=Rome, C=IT', 'false')],
  ['a name around its name', 'MERGE_NAME_WITHIN', peer('L=Rome, C=IT', 'false')],
])('who claims %s is parked, and harms no other', async (_, code, claimant) => {
  const { source, guard, told } = await guarded();
  source.give(sourced(claimant, 'claimant'), other);
  const expected = { peers: ['other'], parked: [['claimant', code, 1_000]] };
  expect(shown(guard.snapshot())).toEqual(expected);
  expect(told.map(shown)).toEqual([expected]);
});

it('the own NodeInfo stays, and what needs no change is the same object', async () => {
  const { source, guard } = await guarded();
  source.give(sourced(OWN, 'own'), other);
  expect(guard.snapshot()).toBe(source.snapshot());
});

it('who goes on claiming stays parked since the first time', async () => {
  const { source, clock, guard } = await guarded();
  const claimant = sourced(peer('O=Own, L=Rome, C=IT', 'false'), 'claimant');
  source.give(claimant);
  guard.snapshot();
  await clock.advance(5_000);
  source.give(claimant, other);
  expect(shown(guard.snapshot()).parked).toEqual([['claimant', 'MERGE_NAME_TAKEN', 1_000]]);
});
