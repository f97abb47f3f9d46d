import { MessagingError, Reject } from '../../../sidecar/messaging/messaging-error';
import type { ReceivedMessage } from '../../../sidecar/messaging/received-message';
import { NAMES, type World } from './world';
import { failure } from './collect';

export function rejecting(world: () => World): void {
  const deadAt = async (alias: 'a' | 'b', count = 1) => {
    await world().until('it is dead', async () => (await world().deadLetters(alias)).length >= count);
    return world().deadLetters(alias);
  };

  describe('rejecting', () => {
    test('puts a message into the dead letters with reason, sender, attempts, origin and time', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      await b.receive((message) => message.reject('no such account'));
      const before = world().now();
      const { id, duplicateId } = await a.send(NAMES.b, { body: 'pay', topic: 'payments', headers: { account: '7' } });
      const [dead] = await deadAt('b');
      expect(dead).toMatchObject({ body: 'pay', origin: `p2p.inbound.${world().id('b')}.from.${world().id('a')}` });
      expect(dead?.properties).toMatchObject({
        netmap_dead_cause: 'rejected',
        netmap_dead_reason: 'no such account',
        netmap_dead_attempts: 1,
        netmap_dead_sender: world().id('a'),
        netmap_dead_recipient: world().id('b'),
        netmap_dead_origin: `p2p.inbound.${world().id('b')}.from.${world().id('a')}`,
        netmap_dead_duplicate_id: duplicateId,
        'platform-topic': 'payments',
        account: '7',
      });
      expect(dead?.properties['netmap_dead_at']).toBeGreaterThanOrEqual(before - 1);
      expect(id).toBeDefined();
    });

    test('is done by throwing Reject, too', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      await b.receive(() => {
        throw new Reject('unreadable');
      });
      await a.send(NAMES.b, { body: 'x' });
      expect((await deadAt('b'))[0]?.properties['netmap_dead_reason']).toBe('unreadable');
    });

    test('counts the attempts before', async () => {
      const a = await world().open('a');
      await a.receive(async (message) => {
        if (message.attempt === 1) message.retryLater();
        else await message.reject('twice');
      });
      await a.send(NAMES.a, { body: 'x' });
      expect((await deadAt('a'))[0]?.properties['netmap_dead_attempts']).toBe(2);
    });

    test('a rejected message does not come again', async () => {
      const a = await world().open('a');
      const seen: string[] = [];
      await a.receive(async (message) => {
        seen.push(message.body.toString());
        if (message.body.toString() === 'bad') await message.reject('bad');
      });
      await a.send(NAMES.a, { body: 'bad' });
      await deadAt('a');
      await a.send(NAMES.a, { body: 'good' });
      await world().until('the next one comes', () => seen.includes('good'));
      expect(seen).toEqual(['bad', 'good']);
    });

    test('cannot be done after acknowledging', async () => {
      const a = await world().open('a');
      const errors: unknown[] = [];
      await a.receive(async (message) => {
        message.acknowledge();
        errors.push(await failure(message.reject('too late')));
      });
      await a.send(NAMES.a, { body: 'x' });
      await world().until('it is handled', () => errors.length === 1);
      expect(errors[0]).toMatchObject({ code: 'MESSAGE_SETTLED' });
      expect(await world().deadLetters('a')).toEqual([]);
    });

    test('twice because of a lost connection leaves one dead letter', async () => {
      const a = await world().open('a');
      const handled: ReceivedMessage[] = [];
      const ended: string[] = [];
      const copies = async () => (await world().deadLetters('a')).filter(({ body }) => body === 'x').length;
      await a.receive(async (message) => {
        const body = message.body.toString();
        if (body === 'x') handled.push(message);
        if (handled.length === 1) {
          await world().mute('a');
          const rejecting = failure(message.reject('bad'));
          await world().until('the copy is stored', async () => (await copies()) === 1);
          await world().cut('a');
          ended.push((await rejecting) instanceof MessagingError ? 'told' : 'not told');
          return;
        }
        await message.reject('bad');
        ended.push(body);
      });
      // The way to the dead letters is open before nothing is heard any more.
      await a.send(NAMES.a, { body: 'first' });
      await world().until('one is dead', () => ended.length === 1);
      await a.send(NAMES.a, { body: 'x' });
      await world().until('it came again and was rejected again', () => ended.length === 3);
      expect(ended).toEqual(['first', 'told', 'x']);
      expect(handled).toHaveLength(2);
      expect(await copies()).toBe(1);
    });

    test('of two senders one duplicate ID gives two dead letters', async () => {
      const [a, b, c] = [await world().open('a'), await world().open('b'), await world().open('c')];
      await b.receive((message) => message.reject('bad'));
      for (const sender of [a, c]) await sender.send(NAMES.b, { body: 'x', duplicateId: 'same' });
      const dead = await deadAt('b', 2);
      expect(new Set(dead.map(({ properties }) => properties['netmap_dead_sender']))).toEqual(
        new Set([world().id('a'), world().id('c')]),
      );
    });
  });
}
