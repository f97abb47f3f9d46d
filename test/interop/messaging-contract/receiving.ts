import type { ReceivedMessage } from '../../../sidecar/messaging/received-message';
import { LIMITS, NAMES, type World } from './world';
import { collect, failure, Gate, numbers } from './collect';

export function receiving(world: () => World): void {
  describe('receiving', () => {
    test('all own identities and services are read unless told', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const got = await collect(b);
      await b.send(NAMES.service, { body: 'for the service' });
      await a.send(NAMES.b, { body: 'for b' });
      await world().until('both arrive', () => got.messages.length === 2);
      const recipients = Object.fromEntries(
        got.messages.map(({ body, recipient }) => [body.toString(), recipient.name]),
      );
      expect(recipients).toEqual({ 'for the service': NAMES.service, 'for b': NAMES.b });
    });

    test('one of them alone is read where it is named', async () => {
      const b = await world().open('b');
      const got = await collect(b, { as: NAMES.service });
      await b.send(NAMES.b, { body: 'for b' });
      await b.send(NAMES.service, { body: 'for the service' });
      await world().until('it arrives', () => got.messages.length > 0);
      expect(got.bodies()).toEqual(['for the service']);
      await got.receiving.stop();
      const rest = await collect(b);
      await world().until('the other waits', () => rest.messages.length > 0);
      expect(rest.bodies()).toEqual(['for b']);
    });

    test.each([
      ['somebody else', () => NAMES.c],
      ['nobody', () => 'O=Nobody, L=X, C=GB'],
    ])('to read as %s is refused', async (_, as) => {
      const a = await world().open('a');
      expect(await failure(collect(a, { as: as() }))).toMatchObject({ code: 'RECIPIENT_UNKNOWN' });
    });

    test('one sender alone is read where he is named, whatever others claim; the rest waits', async () => {
      const [a, b, c] = [await world().open('a'), await world().open('b'), await world().open('c')];
      const got = await collect(b, { from: NAMES.c });
      await world().sendForeign('a', 'b', {
        body: Buffer.from('forged'),
        to: `p2p.inbound.${world().id('b')}.from.${world().id('c')}`,
        userId: world().id('c'),
        properties: { AMQAddress: `p2p.inbound.${world().id('b')}.from.${world().id('c')}` },
      });
      await a.send(NAMES.b, { body: 'from a' });
      await c.send(NAMES.b, { body: 'from c', topic: 'x' });
      await c.send(NAMES.service, { body: 'to a service' });
      await c.send(NAMES.b, { body: 'again', topic: 'y' });
      await world().until('those of c arrive', () => got.bodies().includes('again'));
      expect(got.bodies().filter((body) => body !== 'to a service')).toEqual(['from c', 'again']);
      await got.receiving.stop();
      const rest = await collect(b, { from: world().id('a') });
      await world().until('the others wait', () => rest.messages.length === 2);
      expect(rest.bodies().sort()).toEqual(['forged', 'from a']);
    });

    test('one topic of one sender', async () => {
      const [a, b, c] = [await world().open('a'), await world().open('b'), await world().open('c')];
      const got = await collect(b, { from: NAMES.c, topic: 'x' });
      for (const topic of ['y', 'x']) {
        await a.send(NAMES.b, { body: `a ${topic}`, topic });
        await c.send(NAMES.b, { body: `c ${topic}`, topic });
      }
      await world().until('it arrives', () => got.messages.length > 0);
      await got.receiving.stop();
      expect(got.bodies()).toEqual(['c x']);
    });

    test('nobody is no sender', async () => {
      const b = await world().open('b');
      expect(await failure(collect(b, { from: 'O=Nobody, L=X, C=GB' }))).toMatchObject({ code: 'RECIPIENT_UNKNOWN' });
    });

    test.each([
      ['a window of 0', { window: 0 }],
      ['a window that no link has', { window: 2001 }],
      ['a concurrency of half a handler', { concurrency: 0.5 }],
      ['an empty topic', { topic: '' }],
    ])('%s is refused', async (_, options) => {
      expect(await failure(collect(await world().open('a'), options))).toMatchObject({ code: 'RECEIVE_INVALID' });
    });

    test('two readers share the messages, each gets some and none twice', async () => {
      const [a, b, other] = [await world().open('a'), await world().open('b'), await world().open('b')];
      const [one, two] = [await collect(b, { window: 5 }), await collect(other, { window: 5 })];
      await Promise.all(numbers(100).map((body) => a.send(NAMES.b, { body })));
      await world().until('all arrive', () => one.messages.length + two.messages.length >= 100);
      expect([...one.bodies(), ...two.bodies()].sort()).toEqual(numbers(100).sort());
      expect(Math.min(one.messages.length, two.messages.length)).toBeGreaterThan(0);
    });

    test('one message is handled at a time unless told', async () => {
      const a = await world().open('a');
      const seen: string[] = [];
      await a.receive(async ({ body }) => {
        seen.push(`start ${body.toString()}`);
        await new Promise((resolve) => setImmediate(resolve));
        seen.push(`end ${body.toString()}`);
      });
      for (const body of ['1', '2', '3']) await a.send(NAMES.a, { body });
      await world().until('all are handled', () => seen.length === 6);
      expect(seen).toEqual(['start 1', 'end 1', 'start 2', 'end 2', 'start 3', 'end 3']);
    });

    test('as many are handled at once as are asked for, and not more', async () => {
      const a = await world().open('a');
      const gates: Gate[] = [];
      await a.receive(
        async () => {
          const gate = new Gate();
          gates.push(gate);
          await gate.opened;
        },
        { concurrency: 3 },
      );
      await Promise.all(numbers(5).map((body) => a.send(NAMES.a, { body })));
      await world().until('three are in work', () => gates.length === 3);
      gates[0]?.open();
      await world().until('a fourth follows', () => gates.length === 4);
      for (const gate of gates) gate.open();
      await world().until('the last follows', () => gates.length === 5);
      gates[4]?.open();
    });

    test('no more are here than the window says', async () => {
      const [a, other] = [await world().open('a'), await world().open('a')];
      const gate = new Gate();
      const held: ReceivedMessage[] = [];
      await a.receive(
        async (message) => {
          held.push(message);
          await gate.opened;
        },
        { window: 4, concurrency: 10 },
      );
      await Promise.all(numbers(10).map((body) => a.send(NAMES.a, { body })));
      await world().until('four are here', () => held.length === 4);
      const rest = await collect(other);
      await world().until('another reader gets the rest', () => rest.messages.length === 6);
      gate.open();
    });

    test('stopping waits for the handler, whose message is done with', async () => {
      const a = await world().open('a');
      const [started, gate] = [new Gate(), new Gate()];
      const receiving = await a.receive(async () => {
        started.open();
        await gate.opened;
      });
      await a.send(NAMES.a, { body: 'in work' });
      await started.opened;
      let stopped = false;
      const stopping = receiving.stop().then(() => (stopped = true));
      await a.send(NAMES.a, { body: 'meanwhile' });
      expect(stopped).toBe(false);
      gate.open();
      await stopping;
      const rest = await collect(a);
      await world().until('the other comes', () => rest.messages.length > 0);
      expect(rest.bodies()).toEqual(['meanwhile']);
    });

    test('stopping gives back what was not handed over, in order and as if never delivered', async () => {
      const a = await world().open('a');
      const [started, gate] = [new Gate(), new Gate()];
      const receiving = await a.receive(async () => {
        started.open();
        await gate.opened;
      });
      for (const body of numbers(5)) await a.send(NAMES.a, { body });
      await started.opened;
      const stopping = receiving.stop();
      gate.open();
      await stopping;
      const rest = await collect(a);
      await world().until('the rest comes', () => rest.messages.length === 4);
      expect(rest.messages.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1]);
      expect(rest.bodies().sort()).toEqual(['1', '2', '3', '4']);
    });

    test('a signal stops it, too', async () => {
      const a = await world().open('a');
      const controller = new AbortController();
      const got = await collect(a, { signal: controller.signal });
      await a.send(NAMES.a, { body: '1' });
      await world().until('it reads', () => got.messages.length === 1);
      controller.abort();
      const next = await collect(a);
      await a.send(NAMES.a, { body: '2' });
      await world().until('the next reader gets the next one', () => next.messages.length === 1);
      expect(got.messages).toHaveLength(1);
    });

    test('with a signal that is aborted nothing is read', async () => {
      const a = await world().open('a');
      const refused = collect(a, { signal: AbortSignal.abort('enough') });
      expect(await failure(refused)).toMatchObject({ code: 'ABORTED', cause: 'enough' });
    });
  });

  describe('topics', () => {
    test('a reader of one topic gets that alone; the others wait', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const orders = await collect(b, { topic: 'orders' });
      await a.send(NAMES.b, { body: 'none' });
      await a.send(NAMES.b, { body: 'invoice', topic: 'invoices' });
      await a.send(NAMES.b, { body: 'order', topic: 'orders' });
      await world().until('the order arrives', () => orders.messages.length > 0);
      expect(orders.bodies()).toEqual(['order']);
      await orders.receiving.stop();
      const rest = await collect(b);
      await world().until('the others come', () => rest.messages.length === 2);
      expect(rest.bodies()).toEqual(['none', 'invoice']);
    });

    test.each(["it's", 'a b', "' OR 1=1 --", 'ä%_', 'Orders'])('any text may be one: %s', async (topic) => {
      const a = await world().open('a');
      const got = await collect(a, { topic });
      await a.send(NAMES.a, { body: 'other', topic: 'orders' });
      await a.send(NAMES.a, { body: 'mine', topic });
      await world().until('it arrives', () => got.messages.length > 0);
      expect(got.bodies()).toEqual(['mine']);
    });

    test('two readers of two topics each get theirs', async () => {
      const a = await world().open('a');
      const [one, two] = [await collect(a, { topic: '1' }), await collect(a, { topic: '2' })];
      for (const body of numbers(20)) await a.send(NAMES.a, { body, topic: Number(body) % 2 === 0 ? '2' : '1' });
      await world().until('all arrive', () => one.messages.length + two.messages.length === 20);
      expect(one.bodies().every((body) => Number(body) % 2 === 1)).toBe(true);
      expect(one.messages).toHaveLength(10);
    });
  });

  describe('settling', () => {
    test('what a handler returns from is done with', async () => {
      const a = await world().open('a');
      const got = await collect(a);
      await a.send(NAMES.a, { body: 'once' });
      await world().until('it arrives', () => got.messages.length === 1);
      await got.receiving.stop();
      const rest = await collect(a);
      await a.send(NAMES.a, { body: 'next' });
      await world().until('the next arrives', () => rest.messages.length > 0);
      expect(rest.bodies()).toEqual(['next']);
    });

    test('a message whose handler throws comes again, with its attempt', async () => {
      const a = await world().open('a');
      const attempts: number[] = [];
      await a.receive(({ attempt }) => {
        attempts.push(attempt);
        if (attempt === 1) throw new Error('not yet');
      });
      await a.send(NAMES.a, { body: 'x' });
      await world().until('it comes again', () => attempts.length === 2);
      expect(attempts).toEqual([1, 2]);
    });

    test('the same for a handler that rejects, and for one that asks for it', async () => {
      const a = await world().open('a');
      const attempts: number[] = [];
      await a.receive(async (message) => {
        attempts.push(message.attempt);
        if (message.attempt === 1) throw new Error('not yet');
        if (message.attempt === 2) message.retryLater();
      });
      await a.send(NAMES.a, { body: 'x' });
      await world().until('it comes a third time', () => attempts.length === 3);
      expect(attempts).toEqual([1, 2, 3]);
    });

    test('a message that was acknowledged does not come again though its handler throws', async () => {
      const a = await world().open('a');
      const seen: string[] = [];
      await a.receive((message) => {
        seen.push(message.body.toString());
        message.acknowledge();
        throw new Error('later');
      });
      for (const body of ['1', '2']) await a.send(NAMES.a, { body });
      await world().until('both are handled', () => seen.length >= 2);
      await a.send(NAMES.a, { body: '3' });
      await world().until('the third is handled', () => seen.includes('3'));
      expect(seen).toEqual(['1', '2', '3']);
    });

    test.each([
      ['acknowledged', (message: ReceivedMessage) => message.acknowledge()],
      ['given back', (message: ReceivedMessage) => message.retryLater()],
      ['rejected', (message: ReceivedMessage) => message.reject('again')],
    ])('what is settled cannot be %s once more', async (_, settle) => {
      const a = await world().open('a');
      const errors: unknown[] = [];
      await a.receive(async (message) => {
        message.acknowledge();
        errors.push(await failure(Promise.resolve().then(() => settle(message))));
      });
      await a.send(NAMES.a, { body: 'x' });
      await world().until('it is handled', () => errors.length === 1);
      expect(errors[0]).toMatchObject({ code: 'MESSAGE_SETTLED' });
    });

    test('nor after its handler has returned', async () => {
      const a = await world().open('a');
      const got = await collect(a);
      await a.send(NAMES.a, { body: 'x' });
      await world().until('it is handled', () => got.messages.length === 1);
      expect(() => got.messages[0]?.retryLater()).toThrow(
        expect.objectContaining({ code: 'MESSAGE_SETTLED' }) as Error,
      );
    });

    test('after the last attempt it goes to the dead letters, with the address that it came by', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const attempts: number[] = [];
      await b.receive(({ attempt }) => {
        attempts.push(attempt);
        throw new Error('never');
      });
      await a.send(NAMES.b, { body: 'poison' });
      await world().until('it is dead', async () => (await world().deadLetters('b')).length === 1);
      expect(attempts).toEqual([1, 2, 3].slice(0, LIMITS.maxAttempts));
      const [dead] = await world().deadLetters('b');
      expect(dead).toMatchObject({ body: 'poison', origin: `p2p.inbound.${world().id('b')}.from.${world().id('a')}` });
    });

    test('a message that fails does not hold up those behind it', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const done: string[] = [];
      await b.receive(({ body }) => {
        if (body.toString() === 'poison') throw new Error('never');
        done.push(body.toString());
      });
      for (const body of ['poison', '1', '2']) await a.send(NAMES.b, { body });
      await world().until('the others are done', () => done.length === 2);
      await world().until('it is dead', async () => (await world().deadLetters('b')).length === 1);
      expect(done).toEqual(['1', '2']);
    });

    test('of many that are handled at once some fail: each of the others comes once, each of those until it is dead', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const bodies = numbers(60);
      const fails = (body: string): boolean => Number(body) % 3 === 1;
      for (const body of bodies) await a.send(NAMES.b, { body, topic: 'work' });
      await a.send(NAMES.b, { body: 'last', topic: 'last' });
      // What was sent before has come, too, and is given to one who begins to read now in one go.
      const last = await collect(b, { topic: 'last' });
      await world().until('all are there', () => last.messages.length === 1);
      const times = new Map<string, number>();
      await b.receive(
        (message) => {
          const body = message.body.toString();
          times.set(body, (times.get(body) ?? 0) + 1);
          if (fails(body)) throw new Error('never');
        },
        { topic: 'work' },
      );
      const expected = bodies.map((body) => [body, fails(body) ? LIMITS.maxAttempts : 1]);
      await world().until('those that fail are dead', async () => (await world().deadLetters('b')).length >= 20);
      expect([...times].sort(([one], [other]) => Number(one) - Number(other))).toEqual(expected);
    });

    test('a reader that stops at a message leaves those behind it to the next one', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      for (const body of ['1', '2', '3']) await a.send(NAMES.b, { body, topic: 'work' });
      await a.send(NAMES.b, { body: 'last', topic: 'last' });
      const last = await collect(b, { topic: 'last' });
      await world().until('all are there', () => last.messages.length === 1);
      const seen: string[] = [];
      const stop = new AbortController();
      const reading = b.receive(
        ({ body }) => {
          seen.push(body.toString());
          stop.abort();
        },
        { topic: 'work', signal: stop.signal },
      );
      // Where the first message comes at once it is given up before it has begun.
      await reading.catch(() => undefined);
      await world().until('the first is there', () => seen.length > 0);
      const rest = await collect(b, { topic: 'work' });
      await world().until('the rest comes', () => seen.length + rest.messages.length >= 3);
      expect([...seen, ...rest.bodies()].sort()).toEqual(['1', '2', '3']);
    });
  });
}
