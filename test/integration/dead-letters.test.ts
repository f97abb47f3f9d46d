import { message as codec } from 'rhea';
import { openDeadLetters, type OpenDeadLetters } from '../../sidecar/control/dead-letters/open';
import { Replay } from '../../sidecar/control/dead-letters/replay';
import { slicesOf, type DeadLetterFilter } from '../../sidecar/control/dead-letters/slices';
import type { DeadLetter } from '../../sidecar/control/dead-letters/dead-letter';
import { openMessaging, Reject, type Messaging, type ReceivedMessage } from '../../sidecar/control/messaging';
import { systemClock } from '../../sidecar/lib/clock';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { REPLAY } from '../../sidecar/plan/corda-addresses';
import { AttackedNetwork } from './support/attackers';
import { nodeAccess } from './support/node-access';
import { NodeOperations } from './support/node-operations';
import { until } from './support/until';

jest.setTimeout(400_000);

const PEER = { acceptor: 'p2p', user: 'SystemUsers/Peer' } as const;
const MB = 1_048_576;
const MAX_BYTES = MB;
const SENT_AT = 1_700_000_000_123;

let net: AttackedNetwork;
let operations: NodeOperations;
let dead: OpenDeadLetters;
let application: Messaging;

beforeAll(async () => {
  net = await AttackedNetwork.start(MAX_BYTES);
  operations = new NodeOperations(await nodeAccess(net.alpha.dev));
  dead = await openDeadLetters(net.alpha.config, systemClock);
  application = await openMessaging({ configFile: net.alpha.dev.files.config });
});
afterAll(async () => {
  await application.close();
  await dead.close();
  await operations.close();
  await net.stop();
});

/** What `from` sends to alpha, with whatever it likes. */
async function send(from: 'bravo' | 'charlie', id: string, more: object = {}, properties: object = {}): Promise<void> {
  const probe = await net.amqp({ ...PEER, shows: from });
  const outcome = await probe.send(cordaAddresses.ingress(net.id('alpha'), net.id(from)), {
    durable: true,
    message_id: id,
    creation_time: new Date(SENT_AT),
    content_type: 'text/plain',
    body: codec.data_section(Buffer.from(`body of ${id}`)) as unknown,
    application_properties: { _AMQ_DUPL_ID: `dup-${id}`, 'platform-topic': id, ...properties },
    ...more,
  });
  expect(outcome).toMatchObject({ allowed: true });
}

/** Has the application of alpha handle what comes in, until so many have come; answers them. */
async function receive(count: number, handle: (message: ReceivedMessage) => void): Promise<ReceivedMessage[]> {
  const received: ReceivedMessage[] = [];
  const receiving = await application.receive((message) => {
    received.push(message);
    handle(message);
  });
  await until(`${count} have come`, () => received.length >= count);
  await receiving.stop();
  return received;
}

async function only(filter: DeadLetterFilter): Promise<DeadLetter> {
  await until(`one is dead: ${JSON.stringify(filter)}`, async () => (await dead.store.count(filter)) === 1);
  const [letter] = await dead.store.list(filter, { skip: 0, limit: 10 });
  if (letter === undefined) throw new Error('it is gone');
  return letter;
}

const slices = (filter: DeadLetterFilter) => slicesOf(filter, dead.store.options.settings);
const bravo = () => net.id('bravo');
const ingress = () => cordaAddresses.ingress(net.id('alpha'), bravo());
const inbound = () => cordaAddresses.inboundQueue(net.id('alpha'));

const claims = () => {
  const charlie = cordaAddresses.ingress(net.id('alpha'), net.id('charlie'));
  return {
    properties: {
      _AMQ_ORIG_ADDRESS: charlie,
      _AMQ_ORIG_QUEUE: 'internal.peers.x',
      _AMQ_ORIG_MESSAGE_ID: 1,
      netmap_dead_cause: 'rejected',
      netmap_dead_reason: 'slander',
      netmap_dead_sender: net.id('charlie'),
      netmap_dead_origin: charlie,
      netmap_dead_attempts: 99,
      netmap_dead_at: 1,
      netmap_dead_duplicate_id: 'dup-of-charlie',
      'm.x-opt-ORIG-ADDRESS': charlie,
      'x-opt-ORIG-ADDRESS': charlie,
    },
    message_annotations: {
      'x-opt-ORIG-ADDRESS': charlie,
      'x-opt-ORIG-QUEUE': 'internal.peers.x',
      'x-opt-ORIG-MESSAGE-ID': 1,
      'm.x-opt-ORIG-ADDRESS': charlie,
      'x-opt-netmap-made-of': 'AMQSize > 0',
    },
  };
};

describe('a message ends in the dead letters of its peer', () => {
  const began = Date.now();

  test('when the application rejects it, with the reason', async () => {
    await send('bravo', 'reject');
    await receive(1, () => {
      throw new Reject('no such order');
    });
    const letter = await only({ topic: 'reject' });
    expect(letter).toMatchObject({
      queue: 'dead-letters',
      cause: 'rejected',
      reason: 'no such order',
      direction: 'in',
      peer: bravo(),
      origin: ingress(),
      originQueue: inbound(),
      attempts: 1,
      duplicateId: 'dup-reject',
      messageId: 'reject',
      contentType: 'text/plain',
      body: Buffer.from('body of reject'),
    });
    expect(letter.diedAt).toBeGreaterThanOrEqual(began);
    expect(letter.diedAt).toBeLessThanOrEqual(Date.now());
  });

  test('when its attempts are used up', async () => {
    await send('bravo', 'attempts');
    await receive(10, (message) => message.retryLater());
    expect(await only({ topic: 'attempts' })).toMatchObject({
      cause: 'attempts',
      direction: 'in',
      peer: bravo(),
      origin: ingress(),
      originQueue: inbound(),
      attempts: 10,
      duplicateId: 'dup-attempts',
    });
  });

  test('when it expires', async () => {
    await send('bravo', 'expire', { ttl: 300 });
    const letter = await only({ topic: 'expire' });
    expect(letter).toMatchObject({ queue: 'expired', cause: 'expired', direction: 'in', peer: bravo() });
    expect(letter.diedAt).toBeGreaterThanOrEqual(began);
  });

  test('when its queue takes nothing any more', async () => {
    const queue = cordaAddresses.peerQueue(net.id('charlie'));
    await operations.closeQueue(queue);
    await application.send(net.id('charlie'), { body: Buffer.from('late'), topic: 'unroutable', timeToLiveMs: 500 });
    const letter = await only({ topic: 'unroutable' });
    expect(letter).toMatchObject({ cause: 'unroutable', direction: 'out', peer: net.id('charlie'), origin: queue });
    expect(letter.originQueue).toBeUndefined();
    await operations.openQueue(queue);
  });

  test('when it is too large', async () => {
    const stomp = net.stomp({ acceptor: 'rpc', shows: 'nothing', user: 'alice', password: 'alice-secret' });
    await stomp.send({ destination: 'rpc.server.from.alice', persistent: 'true' }, Buffer.alloc(3 * MB));
    stomp.close();
    const letter = await only({ cause: 'too-large' });
    expect(letter).toMatchObject({ direction: 'rpc', peer: 'alice', origin: 'rpc.server.from.alice' });
    expect(await dead.replay.run(slices({ cause: 'too-large' }), false)).toMatchObject({
      replayed: 0,
      stayed: [{ count: 1 }],
    });
  });

  test('and each is counted once, by peer and cause', async () => {
    const counts = await dead.store.summary({});
    const shown = counts.map(({ peer, cause, count, direction }) => [direction, peer, cause, count]);
    expect(shown.sort()).toEqual(
      [
        ['in', bravo(), 'rejected', 1],
        ['in', bravo(), 'attempts', 1],
        ['in', bravo(), 'expired', 1],
        ['out', net.id('charlie'), 'unroutable', 1],
        ['rpc', 'alice', 'too-large', 1],
      ].sort(),
    );
    for (const { oldest } of counts) expect(oldest).toBeGreaterThanOrEqual(began);
    expect(await dead.store.count({ peer: bravo() })).toBe(3);
    expect(await dead.store.count({ peer: bravo(), since: Date.now() })).toBe(0);
    expect(await dead.store.count({ since: began })).toBe(5);
  });

  test('and is found by its id', async () => {
    for (const letter of await dead.store.list({}, { skip: 0, limit: 10 })) {
      expect((await dead.store.find(letter.id)).letter).toEqual(letter);
    }
    await expect(dead.store.find('17')).rejects.toMatchObject({ code: 'DEAD_LETTER_UNKNOWN' });
    await expect(dead.store.find('r1-00000000')).rejects.toMatchObject({ code: 'DEAD_LETTER_UNKNOWN' });
  });
});

describe('replay', () => {
  test.each(['attempts', 'rejected', 'expired'] as const)(
    'of what died as %s: it comes once, from its true sender, with its duplicate ID and attempts anew; and again',
    async (cause) => {
      const topic = { attempts: 'attempts', rejected: 'reject', expired: 'expire' }[cause];
      expect(await dead.replay.run(slices({ topic }), true)).toEqual({ replayed: 1, stayed: [] });
      expect(await dead.store.count({ topic })).toBe(1);
      for (const round of ['once', 'twice']) {
        expect(await dead.replay.run(slices({ topic }), false)).toEqual({ replayed: 1, stayed: [] });
        const reject = round === 'once';
        const [message, ...more] = await receive(1, () => {
          if (reject) throw new Reject('still not');
        });
        expect(more).toEqual([]);
        expect(message).toMatchObject({
          sender: { id: bravo() },
          duplicateId: `dup-${topic}`,
          topic,
          attempt: 1,
          sentAt: SENT_AT,
          contentType: 'text/plain',
          body: Buffer.from(`body of ${topic}`),
        });
        expect(message?.headers).toEqual({});
        if (reject) expect(await only({ topic })).toMatchObject({ cause: 'rejected', reason: 'still not' });
        else expect(await dead.store.count({ topic })).toBe(0);
      }
      expect(await operations.messageCount(inbound())).toBe(0);
    },
  );

  test('of what found no queue: it waits for its peer', async () => {
    const queue = cordaAddresses.peerQueue(net.id('charlie'));
    expect(await dead.replay.run(slices({ topic: 'unroutable' }), false)).toEqual({ replayed: 1, stayed: [] });
    expect(await operations.messageCount(queue)).toBe(1);
    expect(await operations.removeMessages(queue)).toBe(1);
  });

  test('that was cut off before the dead letter was gone, or after: the next one ends it, and it comes once', async () => {
    for (const [id, removed] of [
      ['cut-1', false],
      ['cut-2', true],
    ] as const) {
      await send('bravo', id);
      await receive(1, () => {
        throw new Reject('no');
      });
      const { slice } = await dead.store.find((await only({ topic: id })).id);
      const halfway = jest.spyOn(operations, 'retryMessages').mockRejectedValueOnce(new Error('cut off'));
      const { connection, clock, settings } = dead.store.options;
      const remove = removed
        ? []
        : [jest.spyOn(operations, 'removeMessages').mockRejectedValueOnce(new Error('cut off'))];
      const cut = new Replay({ store: dead.store, operations, connection, ownIds: settings.ownIds, clock });
      await expect(cut.run([slice], false)).rejects.toThrow('cut off');
      halfway.mockRestore();
      for (const spy of remove) spy.mockRestore();
      expect([await operations.messageCount(REPLAY), await dead.store.count({ topic: id })]).toEqual([
        1,
        removed ? 0 : 1,
      ]);
      await dead.replay.finish();
      expect([await operations.messageCount(REPLAY), await dead.store.count({ topic: id })]).toEqual([0, 0]);
      const [message, ...more] = await receive(1, () => undefined);
      expect([message?.duplicateId, message?.sender.id, more.length]).toEqual([`dup-${id}`, bravo(), 0]);
    }
    expect(await operations.messageCount(inbound())).toBe(0);
  });
});

describe('what a hostile peer claims', () => {
  test.each(['rejected', 'attempts', 'expired'] as const)('is believed of nothing that died as %s', async (cause) => {
    const { properties, message_annotations } = claims();
    const ttl = cause === 'expired' ? { ttl: 300 } : {};
    await send('bravo', `claims-${cause}`, { message_annotations, ...ttl }, properties);
    if (cause === 'rejected')
      await receive(1, () => {
        throw new Reject('the true reason');
      });
    if (cause === 'attempts') await receive(10, (message) => message.retryLater());
    const letter = await only({ topic: `claims-${cause}` });
    expect(letter).toMatchObject({ cause, direction: 'in', peer: bravo(), origin: ingress(), originQueue: inbound() });
    expect(letter.reason).toBe(cause === 'rejected' ? 'the true reason' : undefined);
    expect(await dead.store.count({ peer: net.id('charlie') })).toBe(0);
    expect(await dead.store.count({ peer: bravo(), cause })).toBe(1);
    const [counted] = await dead.store.summary({ cause });
    expect(counted).toMatchObject({ peer: bravo(), count: 1 });
    expect(await dead.replay.run(slices({ topic: `claims-${cause}` }), false)).toEqual({ replayed: 1, stayed: [] });
    const [message] = await receive(1, () => undefined);
    expect([message?.sender.id, message?.duplicateId]).toEqual([bravo(), `dup-claims-${cause}`]);
  });
});

describe('drop', () => {
  test('takes what the filter takes and nothing else', async () => {
    for (const from of ['bravo', 'charlie'] as const) {
      await send(from, `drop-${from}`);
      await receive(1, () => {
        throw new Reject('no');
      });
    }
    const of = (alias: string) => slices({ peer: net.id(alias), cause: 'rejected' });
    expect(await dead.store.drop(of('bravo'))).toBe(1);
    expect(await dead.store.count({ peer: bravo(), cause: 'rejected' })).toBe(0);
    expect(await dead.store.count({ peer: net.id('charlie'), cause: 'rejected' })).toBe(1);
    expect(await dead.store.drop(of('charlie'))).toBe(1);
  });
});
