import { ManualClock } from '../../lib/clock';
import { createLogger } from '../../lib/log';
import type { Bridge } from '../../plan/broker-plan';
import { AccessError, type AccessErrorCode } from '../amqp/access-error';
import { BridgeController } from './bridge-controller';

const HOUR = 3_600_000;
const RETRY = { minMs: 1_000, maxMs: 60_000, handshakeMinMs: 60_000, handshakeMaxMs: HOUR };

const bridge: Bridge = {
  name: 'peer.B',
  peer: 'B',
  peerName: 'O=Party B, L=Paris, C=FR',
  addresses: [{ host: 'b.example', port: 10_002 }],
  trust: '',
  links: [{ queue: 'internal.peers.B', remoteAddress: 'p2p.inbound.B.from.A' }],
};

/** A node with messages for a peer that answers each attempt with `refusal`. */
function refusedBy(refusal: AccessErrorCode, random: number) {
  const clock = new ManualClock();
  const attempts: number[] = [];
  const log: string[] = [];
  const queue = { name: 'internal.peers.B', messageCount: 5, deliveringCount: 0, messagesAcknowledged: 0 };
  const started: string[] = [];
  const controller = new BridgeController({
    operations: {
      listQueues: async () => [
        {
          ...queue,
          address: queue.name,
          routingType: 'ANYCAST' as const,
          durable: true,
          temporary: false,
          filter: '',
          consumerCount: 0,
          messagesAdded: 5,
        },
      ],
      totalMessageCount: async () => 5,
      brokerConnections: async () => [{ name: 'peer.B', uri: '', started: false, connected: false }],
      startBrokerConnection: async (name) => void started.push(name),
      stopBrokerConnection: async () => undefined,
      handledMessages: async () => 0,
      messagesUnderWay: async () => [],
      firstMessage: async () => undefined,
      buryMessage: async () => false,
    },
    preflight: async () => {
      attempts.push(clock.now());
      throw new AccessError(refusal, 'refused');
    },
    activate: async () => undefined,
    timing: { idleMs: 60_000, stallMs: 400, parkMs: 10_000, connectMs: 5_000 },
    retry: RETRY,
    pollMs: 250,
    keep: 100,
    clock,
    random: () => random,
    log: createLogger({ level: 'info', format: 'json', destination: { write: (line) => log.push(line) }, clock }),
  });
  return { clock, controller, attempts, log, started };
}

function gaps(attempts: readonly number[]): number[] {
  return attempts.slice(1).map((at, index) => at - (attempts[index] ?? 0));
}

async function run(refusal: AccessErrorCode, random: number, ms: number) {
  const node = refusedBy(refusal, random);
  await node.controller.makeWay([bridge]);
  node.controller.admit([bridge]);
  node.controller.start();
  await node.clock.advance(ms);
  await node.controller.stop();
  return node;
}

/** An attempt comes with the first look after its time. */
const LOOK_MS = 250;

test('a peer that cannot be reached is tried after 1 s, and ever more seldom up to once a minute', async () => {
  const { attempts, started } = await run('ACCESS_UNREACHABLE', 0.999_999, HOUR);
  const wanted = [1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1000);
  const found = gaps(attempts);
  wanted.forEach((ms, index) => {
    expect(found[index]).toBeGreaterThanOrEqual(ms - 1);
    expect(found[index]).toBeLessThanOrEqual(ms + 2 * LOOK_MS);
  });
  expect(Math.max(...found)).toBeLessThanOrEqual(60_000 + 2 * LOOK_MS);
  expect(started).toEqual([]);
});

test('the waits are jittered: at least half of the whole, and never less than a second', async () => {
  const { attempts } = await run('ACCESS_UNREACHABLE', 0, HOUR);
  const found = gaps(attempts);
  [1, 1, 2, 4, 8, 16, 30, 30].forEach((seconds, index) => {
    expect(found[index]).toBeGreaterThanOrEqual(seconds * 1000);
    expect(found[index]).toBeLessThanOrEqual(seconds * 1000 + 2 * LOOK_MS);
  });
});

test.each(['ACCESS_TLS', 'ACCESS_WRONG_PEER'] as const)(
  'after %s the waits begin with a minute and grow to an hour',
  async (refusal) => {
    const { attempts } = await run(refusal, 0.999_999, 6 * HOUR);
    const found = gaps(attempts);
    [60, 120, 240, 480, 960, 1_920, 3_600, 3_600].forEach((seconds, index) => {
      expect(found[index]).toBeGreaterThanOrEqual(seconds * 1000 - 1);
      expect(found[index]).toBeLessThanOrEqual(seconds * 1000 + 2 * LOOK_MS);
    });
  },
);

test('a login that is refused is tried at the plain pace: the peer may not have our NodeInfo yet', async () => {
  const { attempts } = await run('ACCESS_LOGIN', 0.999_999, 60_000);
  expect(gaps(attempts)[0]).toBeLessThanOrEqual(1_000 + 2 * LOOK_MS);
});

test('the log tells once that the peer waits, however often it is tried in vain', async () => {
  const { attempts, log } = await run('ACCESS_UNREACHABLE', 0.5, HOUR);
  expect(attempts.length).toBeGreaterThan(50);
  expect(log.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual([
    'bridge to O=Party B, L=Paris, C=FR: idle -> waiting',
  ]);
});
