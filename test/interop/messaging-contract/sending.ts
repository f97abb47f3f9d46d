import { LIMITS, NAMES, type World } from './world';
import { collect, failure, numbers } from './collect';

export function sending(world: () => World): void {
  describe('sending', () => {
    test('a message arrives with its body', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const got = await collect(b);
      await a.send(NAMES.b, { body: 'hello' });
      await world().until('it arrives', () => got.messages.length > 0);
      expect(got.bodies()).toEqual(['hello']);
    });

    test('who sends is told the id, the duplicate ID and the recipient', async () => {
      const a = await world().open('a');
      const sent = await a.send(NAMES.b, { body: 'x' });
      expect(sent).toEqual({
        id: expect.stringMatching(/^[0-9a-f-]{32,36}$/) as string,
        duplicateId: sent.id,
        to: { id: world().id('b'), name: NAMES.b },
      });
    });

    test('an application knows who it is', async () => {
      expect((await world().open('a')).me).toEqual({ id: world().id('a'), name: NAMES.a });
    });

    test.each([
      ['its id', () => world().id('b')],
      ['its name in another order', () => 'C=FR,L=Paris,O=Party B'],
      ['its name in small letters', () => 'o=party b, l=paris, c=fr'],
    ])('a recipient is found by %s', async (_, name) => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const got = await collect(b);
      expect((await a.send(name(), { body: 'x' })).to.name).toBe(NAMES.b);
      await world().until('it arrives', () => got.messages.length > 0);
    });

    test('a node sends to itself', async () => {
      const a = await world().open('a');
      const got = await collect(a);
      await a.send(NAMES.a, { body: 'note' });
      await world().until('it arrives', () => got.messages.length > 0);
      expect(got.messages[0]?.sender).toEqual({ id: world().id('a'), name: NAMES.a });
    });

    test('nobody need be reading: it waits', async () => {
      const a = await world().open('a');
      await a.send(NAMES.b, { body: 'early' });
      const got = await collect(await world().open('b'));
      await world().until('it arrives', () => got.messages.length > 0);
      expect(got.bodies()).toEqual(['early']);
    });

    test('whom the map does not name is unknown, and whoever may be meant is named', async () => {
      const a = await world().open('a');
      expect(await failure(a.send('O=Party Q, L=Paris, C=FR', { body: 'x' }))).toMatchObject({
        code: 'RECIPIENT_UNKNOWN',
        message: expect.stringContaining('"O=Party Q, L=Paris, C=FR"') as string,
        remedy: `did you mean "${NAMES.b}"?`,
      });
      expect(await failure(a.send('', { body: 'x' }))).toMatchObject({ code: 'RECIPIENT_UNKNOWN' });
    });

    test('a message over the largest size is refused before it is sent', async () => {
      const a = await world().open('a');
      expect(await failure(a.send(NAMES.b, { body: Buffer.alloc(LIMITS.maxMessageSize + 1) }))).toMatchObject({
        code: 'MESSAGE_TOO_LARGE',
        message: `a body of 2000001 bytes; the network takes 2000000`,
      });
      const got = await collect(await world().open('b'));
      await a.send(NAMES.b, { body: 'after' });
      await world().until('the next one arrives', () => got.messages.length > 0);
      expect(got.bodies()).toEqual(['after']);
    });

    test('a message of the largest size arrives', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const got = await collect(b);
      await a.send(NAMES.b, { body: Buffer.alloc(LIMITS.maxMessageSize, 7) });
      await world().until('it arrives', () => got.messages.length > 0);
      expect(got.messages[0]?.body.equals(Buffer.alloc(LIMITS.maxMessageSize, 7))).toBe(true);
    });

    test('messages that are sent at once arrive in their order', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const got = await collect(b);
      await Promise.all(numbers(300).map((body) => a.send(NAMES.b, { body })));
      await world().until('all arrive', () => got.messages.length === 300);
      expect(got.bodies()).toEqual(numbers(300));
    });

    test('each recipient gets its own', async () => {
      const [a, b, c] = [await world().open('a'), await world().open('b'), await world().open('c')];
      const [atB, atC] = [await collect(b), await collect(c)];
      await Promise.all([a.send(NAMES.b, { body: 'for b' }), a.send(NAMES.c, { body: 'for c' })]);
      await world().until('both arrive', () => atB.messages.length + atC.messages.length === 2);
      expect([atB.bodies(), atC.bodies()]).toEqual([['for b'], ['for c']]);
    });

    test.each([
      ['a time to live of nothing', { timeToLiveMs: 0 }],
      ['a time to live in parts of milliseconds', { timeToLiveMs: 1.5 }],
      ['an empty topic', { topic: '' }],
      ['an empty duplicate ID', { duplicateId: '' }],
      ['a header without a name', { headers: { '': 'x' } }],
      ["a header of the product's own", { headers: { netmap_probe: 'x' } }],
      ["a header of the broker's", { headers: { _AMQ_DUPL_ID: 'x' } }],
      ['the topic as a header', { headers: { 'platform-topic': 'x' } }],
      ['a header that is no text', { headers: { count: 7 as unknown as string } }],
      ['a body of another kind', { body: { a: 1 } as unknown as string }],
    ])('a message with %s is refused', async (_, fields) => {
      const a = await world().open('a');
      expect(await failure(a.send(NAMES.b, { body: 'x', ...fields }))).toMatchObject({ code: 'MESSAGE_INVALID' });
    });

    test('headers that the broker would not take are refused', async () => {
      const a = await world().open('a');
      const sent = a.send(NAMES.b, { body: 'x', headers: { big: 'x'.repeat(300_000) } });
      expect(await failure(sent)).toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
    });
  });

  describe('duplicate IDs', () => {
    test('of two messages with one ID the second is dropped', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const got = await collect(b);
      for (const body of ['first', 'second']) await a.send(NAMES.b, { body, duplicateId: 'order-1' });
      await a.send(NAMES.b, { body: 'third', duplicateId: 'order-2' });
      await world().until('the last arrives', () => got.bodies().includes('third'));
      expect(got.bodies()).toEqual(['first', 'third']);
      expect(got.messages[0]?.duplicateId).toBe('order-1');
    });

    test('one ID to two recipients is two messages', async () => {
      const [a, b, c] = [await world().open('a'), await world().open('b'), await world().open('c')];
      const [atB, atC] = [await collect(b), await collect(c)];
      for (const name of [NAMES.b, NAMES.c]) await a.send(name, { body: 'x', duplicateId: 'both' });
      await world().until('both arrive', () => atB.messages.length === 1 && atC.messages.length === 1);
    });

    test('one ID by two senders is two messages', async () => {
      const [a, b, c] = [await world().open('a'), await world().open('b'), await world().open('c')];
      const got = await collect(c);
      for (const sender of [a, b]) await sender.send(NAMES.c, { body: 'x', duplicateId: 'same' });
      await world().until('both arrive', () => got.messages.length === 2);
    });

    test('each message has one of its own unless told', async () => {
      const a = await world().open('a');
      const sent = [await a.send(NAMES.a, { body: 'x' }), await a.send(NAMES.a, { body: 'x' })];
      expect(new Set(sent.map(({ duplicateId }) => duplicateId)).size).toBe(2);
    });
  });

  describe('time to live', () => {
    test('what nobody took in time is not delivered any more', async () => {
      const a = await world().open('a');
      await a.send(NAMES.a, { body: 'old', timeToLiveMs: 20 });
      const sentAt = world().now();
      await world().until('its time is over', () => world().now() > sentAt + 50);
      const got = await collect(a);
      await a.send(NAMES.a, { body: 'new' });
      await world().until('the next one arrives', () => got.messages.length > 0);
      expect(got.bodies()).toEqual(['new']);
      await world().until('it is among the expired', async () => (await world().expired('a')).includes('old'));
    });

    test('what is taken in time is delivered, and says how long it lives', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const got = await collect(b);
      await a.send(NAMES.b, { body: 'x', timeToLiveMs: 600_000 });
      await world().until('it arrives', () => got.messages.length > 0);
      expect(got.messages[0]?.timeToLiveMs).toBe(600_000);
    });
  });
}
