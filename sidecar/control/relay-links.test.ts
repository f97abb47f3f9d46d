import { ManualClock } from '../lib/clock';
import type { Logger } from '../lib/log';
import type { SwaptacularPeer } from '../network/swaptacular-node';
import type { Bridge } from '../plan/broker-plan';
import { cordaAddresses } from '../plan/address-profile';
import type { RelayStatus } from '../relay/relay-status';
import { RelayLinks } from './relay-links';

const log: Logger = {
  ...{ trace: () => undefined, debug: () => undefined, child: () => log },
  ...{ info: () => undefined, warn: () => undefined, error: () => undefined },
};
const POLL_MS = 2_000;

function peer(id: string, queues: number, change: Partial<SwaptacularPeer> = {}): SwaptacularPeer {
  const stomp = { servers: [{ host: 'a.example', port: 1 }], host: '/', destination: '/in' } as const;
  return {
    ...{ id, nodeType: 'creditors-agent', state: 'active', rootCertificate: `root of ${id}`, queues },
    stomp: { ...stomp, acceptedContentTypes: ['application/json'] },
    ...change,
  };
}

function bridge({ id, queues }: SwaptacularPeer): Bridge {
  const links = Array.from({ length: queues }, (_, index) => cordaAddresses.peerQueue(id, index + 1));
  return {
    ...{ name: `peer.${id}`, peer: id, peerName: id, addresses: [], trust: '' },
    links: links.map((queue) => ({ queue, remoteAddress: '/in' })),
  };
}

function underTest() {
  const clock = new ManualClock();
  const told: string[] = [];
  const phases = new Map<string, RelayStatus['phase']>();
  const messages = new Map<string, number>();
  let peers: readonly SwaptacularPeer[] = [];
  const links = new RelayLinks({
    operations: {
      listQueues: async () => {
        told.push('list');
        return [...messages].map(([name, messageCount]) => ({ name, messageCount }) as never);
      },
      totalMessageCount: async () => [...messages.values()].reduce((sum, count) => sum + count, 0),
      brokerConnections: async () => [],
    },
    peers: () => new Map(peers.map((each) => [each.id, each])),
    relay: (_, queue) => ({
      start: () => void told.push(`start ${queue}`),
      stop: async () => void told.push(`stop ${queue}`),
      status: () => ({ phase: phases.get(queue) ?? 'connected', since: 5, failures: 0 }) as RelayStatus,
    }),
    ...{ pollMs: POLL_MS, clock, log },
  });
  const bring = async (...next: readonly SwaptacularPeer[]): Promise<string[]> => {
    peers = next;
    await links.makeWay(next.map(bridge));
    links.admit(next.map(bridge));
    return told.splice(0);
  };
  return { clock, links, phases, messages, told, bring };
}

test('one relay a queue; more queues bring more relays, and those that run go on', async () => {
  const { links, bring } = underTest();
  links.start();
  expect(await bring(peer('a', 1), peer('b', 1))).toEqual(['start internal.peers.a', 'start internal.peers.b']);
  expect(await bring(peer('a', 3), peer('b', 1))).toEqual(['start internal.peers.a.2', 'start internal.peers.a.3']);
  expect(await bring(peer('a', 3), peer('b', 1))).toEqual([]);
});

test('when the node has another certificate each relay ends before the one that takes its place starts', async () => {
  const { links, told, bring } = underTest();
  links.start();
  await bring(peer('a', 1), peer('b', 1));
  await links.renewed();
  for (const id of ['a', 'b'])
    expect(told.filter((line) => line.endsWith(`.${id}`))).toEqual([
      `stop internal.peers.${id}`,
      `start internal.peers.${id}`,
    ]);
  expect(links.status()).toHaveLength(2);
});

test('relays of a peer that left end; where its servers or keys are others, all of it are made anew', async () => {
  const { links, bring } = underTest();
  links.start();
  await bring(peer('a', 2), peer('b', 1));
  expect(await bring(peer('a', 2, { subCa: 'another' }), peer('b', 1, { subnet: '00' }))).toEqual([
    'stop internal.peers.a',
    'stop internal.peers.a.2',
    'start internal.peers.a',
    'start internal.peers.a.2',
  ]);
  expect(await bring(peer('b', 1))).toEqual(['stop internal.peers.a', 'stop internal.peers.a.2']);
  expect(links.status().map(({ peer: id }) => id)).toEqual(['b']);
});

test('the status of a peer adds up its queues, and tells of the one that waits', async () => {
  const { clock, links, phases, messages, bring } = underTest();
  links.start();
  await bring(peer('a', 3));
  messages.set('internal.peers.a', 1).set('internal.peers.a.3', 6).set('internal.peers.b', 8);
  phases.set('internal.peers.a.2', 'waiting');
  await clock.advance(POLL_MS);
  expect(links.status()).toEqual([{ peer: 'a', name: 'peer.a', phase: 'waiting', since: 5, queued: 7, failures: 0 }]);
  await links.stop();
});

test('queues are listed when messages have come or gone, and each five seconds', async () => {
  const { clock, links, messages, told, bring } = underTest();
  links.start();
  await bring(peer('a', 1));
  const listings = async (polls: number): Promise<number> => {
    for (let poll = 0; poll < polls; poll += 1) await clock.advance(POLL_MS);
    return told.splice(0).filter((line) => line === 'list').length;
  };
  expect(await listings(1)).toBe(1);
  expect(await listings(2)).toBe(0);
  messages.set('internal.peers.a', 4);
  expect(await listings(1)).toBe(1);
  expect(links.status()[0]?.queued).toBe(4);
  links.brokerReady();
  expect(links.status()[0]?.queued).toBe(0);
  expect(await listings(1)).toBe(1);
  expect(links.status()[0]?.queued).toBe(4);
  expect(await listings(3)).toBe(1);
  await links.stop();
});
