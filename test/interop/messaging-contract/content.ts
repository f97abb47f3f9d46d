import { NAMES, type World } from './world';
import { collect } from './collect';

export function content(world: () => World): void {
  describe('bodies and headers', () => {
    test.each<[string, Buffer]>([
      ['no bytes', Buffer.alloc(0)],
      ['one byte', Buffer.from([0])],
      ['all bytes', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
      ['a mebibyte', Buffer.alloc(1_048_576, Buffer.from([1, 2, 3, 5, 7, 11, 13]))],
    ])('a body of %s arrives as it was', async (_, body) => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const got = await collect(b);
      await a.send(NAMES.b, { body });
      await world().until('it arrives', () => got.messages.length > 0);
      expect(got.messages[0]?.body.equals(body)).toBe(true);
    });

    test('a part of a larger array is sent alone', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const got = await collect(b);
      await a.send(NAMES.b, { body: new Uint8Array([1, 2, 3, 4]).subarray(1, 3) });
      await world().until('it arrives', () => got.messages.length > 0);
      expect([...(got.messages[0]?.body ?? [])]).toEqual([2, 3]);
    });

    test('a text is sent as UTF-8', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const got = await collect(b);
      await a.send(NAMES.b, { body: 'grün ✓' });
      await world().until('it arrives', () => got.messages.length > 0);
      expect(got.messages[0]?.body).toEqual(Buffer.from('grün ✓'));
    });

    test('content type, encoding, topic, type and correlation ID come along', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const got = await collect(b);
      const said = {
        contentType: 'application/xml',
        contentEncoding: 'gzip',
        topic: 'orders',
        correlationId: 'c-1',
        type: 'Order',
      };
      const sent = await a.send(NAMES.b, { body: 'x', ...said });
      await world().until('it arrives', () => got.messages.length > 0);
      expect(got.messages[0]).toMatchObject({ ...said, id: sent.id, duplicateId: sent.duplicateId });
    });

    test('what was not said is undefined', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const got = await collect(b);
      await a.send(NAMES.b, { body: 'x' });
      await world().until('it arrives', () => got.messages.length > 0);
      const { contentType, contentEncoding, topic, type, correlationId, timeToLiveMs } = got.messages[0] ?? {};
      const said = [contentType, contentEncoding, topic, type, correlationId, timeToLiveMs];
      expect(said).toEqual(Array(said.length).fill(undefined));
    });

    test('headers come along, and no others', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const got = await collect(b);
      const headers = { plain: 'v', empty: '', 'with-hyphen': 'ä ✓', number: '7' };
      await a.send(NAMES.b, { body: 'x', topic: 't', headers });
      await world().until('it arrives', () => got.messages.length > 0);
      expect(got.messages[0]?.headers).toEqual(headers);
    });

    test('times are told: when it was sent and when it came', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const got = await collect(b);
      await a.send(NAMES.b, { body: 'x' });
      await world().until('it arrives', () => got.messages.length > 0);
      const { sentAt = 0, arrivedAt = 0 } = got.messages[0] ?? {};
      expect(sentAt).toBeGreaterThan(1_600_000_000_000);
      expect(arrivedAt - sentAt).toBeGreaterThanOrEqual(0);
    });

    test('headers of other makes that are no texts are told as texts', async () => {
      const got = await collect(await world().open('b'));
      await world().sendForeign('a', 'b', { body: Buffer.from('x'), properties: { count: 7, urgent: true } });
      await world().until('it arrives', () => got.messages.length > 0);
      expect(got.messages[0]?.headers).toEqual({ count: '7', urgent: 'true' });
    });
  });

  describe('the true sender', () => {
    test('is named by id and name', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const got = await collect(b);
      await a.send(NAMES.b, { body: 'x' });
      await world().until('it arrives', () => got.messages.length > 0);
      expect(got.messages[0]).toMatchObject({
        sender: { id: world().id('a'), name: NAMES.a },
        recipient: { id: world().id('b'), name: NAMES.b },
      });
    });

    test('cannot be forged by anything that a sender writes', async () => {
      const got = await collect(await world().open('b'));
      const c = world().id('c');
      const address = `p2p.inbound.${world().id('b')}.from.${c}`;
      await world().sendForeign('a', 'b', {
        body: Buffer.from('I am c'),
        to: address,
        userId: c,
        properties: { _AMQ_VALIDATED_USER: c, netmap_dead_sender: c, _AMQ_ORIG_ADDRESS: address, JMSXUserID: c },
        annotations: { 'x-opt-ORIG-ADDRESS': address },
      });
      await world().until('it arrives', () => got.messages.length > 0);
      expect(got.messages[0]?.sender).toEqual({ id: world().id('a'), name: NAMES.a });
      expect(got.messages[0]?.headers).toEqual({});
    });

    test('is told of each message, whoever sends between', async () => {
      const [a, b, c] = [await world().open('a'), await world().open('b'), await world().open('c')];
      const got = await collect(b);
      for (const body of ['1', '2', '3'])
        for (const [name, sender] of [
          ['a', a],
          ['c', c],
        ] as const)
          await sender.send(NAMES.b, { body: name + body });
      await world().until('all arrive', () => got.messages.length === 6);
      const wrong = got.messages.filter(
        ({ body, sender }) => sender.id !== world().id(body.toString()[0] as 'a' | 'c'),
      );
      expect(wrong).toEqual([]);
    });
  });
}
