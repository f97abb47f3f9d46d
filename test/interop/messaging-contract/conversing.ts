import type { Messaging } from '../../../sidecar/messaging/messaging';
import { NAMES, type World } from './world';
import { collect, failure, Gate, numbers } from './collect';

/** Answers every request with what it asked and who it is. */
async function echo(messaging: Messaging): Promise<void> {
  await messaging.receive(async (message) => {
    if (message.isRequest) await message.reply({ body: `${message.body.toString()} from ${messaging.me.name}` });
  });
}

export function conversing(world: () => World): void {
  describe('request and reply', () => {
    test('a request gets its reply, with the true sender', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      await echo(b);
      const reply = await a.request(NAMES.b, { body: 'price?' });
      expect(reply.body.toString()).toBe(`price? from ${NAMES.b}`);
      expect(reply.sender).toEqual({ id: world().id('b'), name: NAMES.b });
    });

    test('many at once get each its own', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      await echo(b);
      const replies = await Promise.all(numbers(30).map((body) => a.request(NAMES.b, { body })));
      expect(replies.map(({ body }) => body.toString())).toEqual(numbers(30).map((body) => `${body} from ${NAMES.b}`));
    });

    test('two applications of one node get each its own', async () => {
      const [one, two, b] = [await world().open('a'), await world().open('a'), await world().open('b')];
      await echo(b);
      const ask = (who: Messaging, what: string) =>
        Promise.all(numbers(10).map((body) => who.request(NAMES.b, { body: what + body })));
      const [ones, twos] = await Promise.all([ask(one, '1-'), ask(two, '2-')]);
      expect(ones.map(({ body }) => body.toString().slice(0, 3))).toEqual(numbers(10).map((body) => `1-${body}`));
      expect(twos.map(({ body }) => body.toString().slice(0, 3))).toEqual(numbers(10).map((body) => `2-${body}`));
    });

    test('replies are given to nobody else', async () => {
      const [a, other, b] = [await world().open('a'), await world().open('a'), await world().open('b')];
      await echo(b);
      const got = await collect(other);
      await a.request(NAMES.b, { body: 'x' });
      await b.send(NAMES.a, { body: 'after' });
      await world().until('the next message comes', () => got.messages.length > 0);
      expect(got.bodies()).toEqual(['after']);
    });

    test('a node asks itself', async () => {
      const a = await world().open('a');
      await echo(a);
      expect((await a.request(NAMES.a, { body: 'x' })).body.toString()).toBe(`x from ${NAMES.a}`);
    });

    test('a message is told from a request', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const seen: boolean[] = [];
      await b.receive(async (message) => {
        seen.push(message.isRequest);
        await message.reply({ body: '' });
      });
      await a.send(NAMES.b, { body: 'x' });
      await a.request(NAMES.b, { body: 'x' });
      expect(seen).toEqual([false, true]);
    });

    test('a reply to a mere message goes to everybody who reads, with its id', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      await b.receive(async (message) => {
        await message.reply({ body: 'thanks' });
      });
      const got = await collect(a);
      const { id } = await a.send(NAMES.b, { body: 'x' });
      await world().until('it comes', () => got.messages.length > 0);
      expect(got.messages[0]).toMatchObject({ correlationId: id, isRequest: false });
    });

    test('without a reply the time is over some time', async () => {
      const a = await world().open('a');
      expect(await failure(a.request(NAMES.b, { body: 'x' }, { timeoutMs: 30 }))).toMatchObject({
        code: 'REQUEST_TIMEOUT',
        message: `no reply from ${NAMES.b} within 30 ms`,
        decision: 'retry',
      });
    });

    test('a time that is none is refused', async () => {
      const a = await world().open('a');
      expect(await failure(a.request(NAMES.b, { body: 'x' }, { timeoutMs: -1 }))).toMatchObject({
        code: 'MESSAGE_INVALID',
      });
    });

    test('a reply that comes too late is dropped, and the next request gets its own', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const late = new Gate();
      await b.receive(async (message) => {
        if (message.body.toString() === 'slow') await late.opened;
        await message.reply({ body: `re ${message.body.toString()}`, timeToLiveMs: 60_000 });
      });
      const slow = a.request(NAMES.b, { body: 'slow', timeToLiveMs: 60_000 }, { timeoutMs: 1_500 });
      expect(await failure(slow)).toMatchObject({ code: 'REQUEST_TIMEOUT' });
      late.open();
      expect((await a.request(NAMES.b, { body: 'fast' })).body.toString()).toBe('re fast');
    });

    test('a request that is handled twice gets one reply', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const attempts: number[] = [];
      await b.receive(async (message) => {
        attempts.push(message.attempt);
        await message.reply({ body: 'done' });
        if (message.attempt === 1) throw new Error('after the reply');
      });
      const got = await collect(a);
      await a.send(NAMES.b, { body: 'x' });
      await world().until('it is handled twice', () => attempts.length === 2);
      await b.send(NAMES.a, { body: 'end' });
      await world().until('the end comes', () => got.bodies().includes('end'));
      expect(got.bodies()).toEqual(['done', 'end']);
    });

    test('a reply to somebody who is gone does not stay for ever', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const given = a.request(NAMES.b, { body: 'x', timeToLiveMs: 60_000 }, { timeoutMs: 1_500 });
      expect(await failure(given)).toMatchObject({ code: 'REQUEST_TIMEOUT' });
      await a.close();
      let replied = false;
      await b.receive(async (message) => {
        await message.reply({ body: 'too late', timeToLiveMs: 50 });
        replied = true;
      });
      await world().until('it is replied', () => replied);
      const got = await collect(await world().open('a'));
      await b.send(NAMES.a, { body: 'end' });
      await world().until('the end comes', () => got.messages.length > 0);
      expect(got.bodies()).toEqual(['end']);
    });

    test('a foreign client replies by the properties that it was given', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const got: { id: string | undefined; instance: unknown }[] = [];
      await b.receive((message) => {
        const { wire } = message as unknown as { wire: { properties: Record<string, unknown> } };
        got.push({ id: message.id, instance: wire.properties['netmap_reply_to'] });
      });
      const reply = a.request(NAMES.b, { body: 'x' });
      await world().until('it came', () => got.length > 0);
      const properties = { netmap_reply_for: String(got[0]?.instance) };
      await world().sendForeign('b', 'a', {
        body: Buffer.from('by hand'),
        properties,
        correlationId: got[0]?.id ?? '',
      });
      expect((await reply).body.toString()).toBe('by hand');
    });

    test('nobody of that name is asked', async () => {
      const a = await world().open('a');
      expect(await failure(a.request('O=Nobody, L=X, C=GB', { body: 'x' }))).toMatchObject({
        code: 'RECIPIENT_UNKNOWN',
      });
    });
  });

  describe('services', () => {
    test('a message to a service comes to one of those who offer it', async () => {
      const [a, b, c] = [await world().open('a'), await world().open('b'), await world().open('c')];
      const got = [await collect(b), await collect(c)];
      await Promise.all(numbers(40).map((body) => a.send(NAMES.service, { body })));
      const all = () => got.flatMap(({ bodies }) => bodies());
      await world().until('all arrive', () => all().length >= 40);
      expect(all().sort()).toEqual(numbers(40).sort());
      expect(got[0]?.messages[0]?.recipient.name ?? got[1]?.messages[0]?.recipient.name).toBe(NAMES.service);
    });

    test('all who offer it get their share', async () => {
      const [a, b, c] = [await world().open('a'), await world().open('b'), await world().open('c')];
      const [atB, atC] = [await collect(b), await collect(c)];
      let sent = 0;
      await world().until('both have some', async () => {
        sent += 1;
        await a.send(NAMES.service, { body: String(sent) });
        return atB.messages.length > 0 && atC.messages.length > 0;
      });
    });

    test('who replies is named, and the conversation goes on with that party', async () => {
      const [a, b, c] = [await world().open('a'), await world().open('b'), await world().open('c')];
      await Promise.all([echo(b), echo(c)]);
      const first = await a.request(NAMES.service, { body: 'quote' });
      expect([NAMES.b, NAMES.c]).toContain(first.sender.name);
      const second = await a.request(first.sender.id, { body: 'order' });
      expect(second.sender).toEqual(first.sender);
    });

    test('when one leaves the others get all, and he gets some again when he is back', async () => {
      const [a, b, c] = [await world().open('a'), await world().open('b'), await world().open('c')];
      const [atB, atC] = [await collect(b), await collect(c)];
      await world().leave();
      await Promise.all(numbers(20).map((body) => a.send(NAMES.service, { body })));
      await world().until('all arrive', () => atB.messages.length === 20);
      expect(atC.messages).toEqual([]);
      await world().comeBack();
      let sent = 0;
      await world().until('he has some', async () => {
        sent += 1;
        await a.send(NAMES.service, { body: `again ${sent}` });
        return atC.messages.length > 0;
      });
    });

    test('who offers it is asked himself when he asks', async () => {
      const b = await world().open('b');
      await echo(b);
      expect((await b.request(NAMES.service, { body: 'x' })).sender.name).toBe(NAMES.b);
    });
  });
}
