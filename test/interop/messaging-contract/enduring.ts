import type { ReceivedMessage } from '../../../sidecar/messaging/received-message';
import { LIMITS, NAMES, type World } from './world';
import { collect, failure, Gate, numbers } from './collect';

const BLOCK = Buffer.alloc(50_000);

export function enduring(world: () => World): void {
  /** Sends to the node itself until the broker takes no more; the last one waits. */
  async function fill(a: Awaited<ReturnType<World['open']>>, signal?: AbortSignal) {
    const stored: number[] = [];
    const sends: Promise<unknown>[] = [];
    const most = (LIMITS.inboundBytes / BLOCK.length) * 5;
    for (let number = 0; number < most; number += 1)
      sends.push(
        a
          .send(NAMES.a, { body: BLOCK }, { ...(signal === undefined ? {} : { signal }) })
          .then(() => stored.push(number)),
      );
    let last = -1;
    let since = world().now();
    await world().until('the broker takes no more', () => {
      if (stored.length !== last) since = world().now();
      last = stored.length;
      return world().now() - since > 1_000;
    });
    return { stored, sends, most };
  }

  describe('back-pressure', () => {
    test('sending waits while the broker takes no more, and goes on when somebody reads', async () => {
      const a = await world().open('a');
      const { stored, sends, most } = await fill(a);
      expect(stored.length).toBeLessThan(most);
      expect(stored.length).toBeGreaterThan(0);
      const got = await collect(a);
      await Promise.all(sends);
      await world().until('all arrive', () => got.messages.length === most);
    });

    test('another recipient is not held up by it', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const { sends } = await fill(a);
      const got = await collect(b);
      await a.send(NAMES.b, { body: 'through' });
      await world().until('it arrives', () => got.messages.length > 0);
      await collect(a);
      await Promise.all(sends);
    });

    test('what waits is given up by its signal, and never arrives', async () => {
      const a = await world().open('a', { sendWindow: { messages: 5 } });
      const controller = new AbortController();
      const { stored, sends, most } = await fill(a, controller.signal);
      controller.abort('enough');
      const ends = await Promise.allSettled(sends);
      const given = ends.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
      expect(given).toHaveLength(most - stored.length);
      expect(given[0]?.reason).toMatchObject({ code: 'ABORTED', cause: 'enough' });
      const got = await collect(a);
      const end = await a.send(NAMES.a, { body: 'end' });
      await world().until('the end arrives', () => got.messages.some(({ id }) => id === end.id));
      expect(got.messages.length - 1).toBeLessThan(most);
    });

    test('with a window of one message they go one by one, and all arrive', async () => {
      const a = await world().open('a', { sendWindow: { messages: 1 } });
      const got = await collect(a);
      await Promise.all(numbers(20).map((body) => a.send(NAMES.a, { body })));
      await world().until('all arrive', () => got.messages.length === 20);
      expect(got.bodies()).toEqual(numbers(20));
    });
  });

  describe('giving up', () => {
    test('a send with an aborted signal sends nothing', async () => {
      const a = await world().open('a');
      const signal = AbortSignal.abort('never mind');
      expect(await failure(a.send(NAMES.a, { body: 'x' }, { signal }))).toMatchObject({
        code: 'ABORTED',
        cause: 'never mind',
      });
      const got = await collect(a);
      await a.send(NAMES.a, { body: 'y' });
      await world().until('the next arrives', () => got.messages.length > 0);
      expect(got.bodies()).toEqual(['y']);
    });

    test('a request ends by its signal', async () => {
      const a = await world().open('a');
      const controller = new AbortController();
      const request = a.request(NAMES.b, { body: 'x' }, { signal: controller.signal });
      controller.abort('never mind');
      expect(await failure(request)).toMatchObject({ code: 'ABORTED', cause: 'never mind' });
    });
  });

  describe('closing', () => {
    test('after it nothing more is done', async () => {
      const a = await world().open('a');
      await a.close();
      for (const work of [
        a.send(NAMES.a, { body: 'x' }),
        a.request(NAMES.a, { body: 'x' }),
        a.receive(() => undefined),
      ])
        expect(await failure(work)).toMatchObject({ code: 'CLOSED' });
      expect(a.state).toEqual({ phase: 'closed' });
    });

    test('it may be asked for twice', async () => {
      const a = await world().open('a');
      await Promise.all([a.close(), a.close()]);
      await a.close();
    });

    test('what is being sent is stored before', async () => {
      const a = await world().open('a');
      const sends = numbers(50).map((body) => a.send(NAMES.a, { body }));
      await Promise.resolve();
      await a.close();
      expect((await Promise.allSettled(sends)).map(({ status }) => status)).toEqual(Array(50).fill('fulfilled'));
      const got = await collect(await world().open('a'));
      await world().until('all arrive', () => got.messages.length === 50);
    });

    test('a handler ends before, and may still send and reply', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const [started, gate] = [new Gate(), new Gate()];
      await b.receive(async (message) => {
        started.open();
        await gate.opened;
        await b.send(NAMES.a, { body: 'sent' });
        await message.reply({ body: 'replied' });
      });
      const got = await collect(a);
      await a.send(NAMES.b, { body: 'x' });
      await started.opened;
      const closing = b.close();
      gate.open();
      await closing;
      await world().until('both arrive', () => got.messages.length === 2);
      const rest = await collect(await world().open('b'));
      await a.send(NAMES.b, { body: 'next' });
      await world().until('the next arrives', () => rest.messages.length > 0);
      expect(rest.bodies()).toEqual(['next']);
    });

    test('it does not wait for ever, and what was in work comes again', async () => {
      const a = await world().open('a');
      const started = new Gate();
      await a.receive(() => {
        started.open();
        return new Promise(() => undefined);
      });
      await a.send(NAMES.a, { body: 'stuck' });
      await started.opened;
      await a.close({ timeoutMs: 20 });
      expect(a.state.phase).toBe('closed');
      const got = await collect(await world().open('a'));
      await world().until('it comes again', () => got.messages.length > 0);
      expect(got.bodies()).toEqual(['stuck']);
    });

    test('who waits for a reply is told', async () => {
      const a = await world().open('a');
      const request = failure(a.request(NAMES.b, { body: 'x' }));
      await Promise.resolve();
      await a.close({ timeoutMs: 20 });
      expect(await request).toMatchObject({ code: 'CLOSED' });
    });
  });

  describe('a lost connection', () => {
    test('is made again, and told', async () => {
      const a = await world().open('a');
      const states: string[] = [];
      a.onState(({ phase }) => states.push(phase));
      expect(a.state.phase).toBe('connected');
      await world().cut('a');
      await world().until('it is back', () => a.state.phase === 'connected' && states.includes('reconnecting'));
      expect([states[0], states.at(-1)]).toEqual(['reconnecting', 'connected']);
    });

    test('attempts are counted, with the reason', async () => {
      const a = await world().open('a');
      await world().refuse('a');
      await world().until('it has tried twice', () => a.state.phase === 'reconnecting' && a.state.attempt >= 2);
      expect(a.state).toMatchObject({
        reason: expect.stringMatching(/./) as string,
        delayMs: expect.any(Number) as number,
      });
      await world().admit('a');
      await world().until('it is back', () => a.state.phase === 'connected');
    });

    test('who does not listen any more is not told', async () => {
      const a = await world().open('a');
      const states: string[] = [];
      a.onState(({ phase }) => states.push(phase))();
      await a.close();
      expect(states).toEqual([]);
    });

    test('what is sent meanwhile arrives afterwards', async () => {
      const a = await world().open('a');
      await world().refuse('a');
      await world().until('it is noticed', () => a.state.phase === 'reconnecting');
      const sending = Promise.all(numbers(5).map((body) => a.send(NAMES.a, { body })));
      await world().admit('a');
      await sending;
      const got = await collect(a);
      await world().until('all arrive', () => got.messages.length === 5);
      expect(got.bodies()).toEqual(numbers(5));
    });

    test('what was stored and not confirmed arrives once', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const got = await collect(b);
      await a.send(NAMES.b, { body: 'before' });
      await world().mute('a');
      let confirmed = false;
      const sent = a.send(NAMES.b, { body: 'perhaps' }).then(() => (confirmed = true));
      await world().until('it arrives unconfirmed', () => got.messages.length === 2);
      expect(confirmed).toBe(false);
      await world().cut('a');
      await sent;
      await a.send(NAMES.b, { body: 'after' });
      await world().until('the next one arrives', () => got.bodies().includes('after'));
      expect(got.bodies()).toEqual(['before', 'perhaps', 'after']);
    });

    test('reading goes on', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const got = await collect(b);
      await a.send(NAMES.b, { body: '1' });
      await world().until('it arrives', () => got.messages.length === 1);
      await world().cut('b');
      await a.send(NAMES.b, { body: '2' });
      await world().until('the next arrives', () => got.bodies().includes('2'));
    });

    test('a message that was in work comes again, and its reader is told when he settles it', async () => {
      const a = await world().open('a');
      const [seen, errors]: [ReceivedMessage[], unknown[]] = [[], []];
      await a.receive(async (message) => {
        seen.push(message);
        if (seen.length > 1) return;
        await world().cut('a');
        await world().until('it is noticed', () => a.state.phase === 'reconnecting');
        errors.push(await failure(Promise.resolve().then(() => message.acknowledge())));
      });
      await a.send(NAMES.a, { body: 'x' });
      await world().until('it comes again', () => seen.length === 2);
      expect(errors[0]).toMatchObject({ code: 'MESSAGE_COMES_AGAIN', decision: 'retry' });
    });

    test('a request in between gets its reply', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      await b.receive(async (message) => {
        await world().cut('a');
        await message.reply({ body: 'still' });
      });
      expect((await a.request(NAMES.b, { body: 'there?' })).body.toString()).toBe('still');
    });

    test('again and again loses and doubles nothing', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const got = await collect(b);
      const sends: Promise<unknown>[] = [];
      for (let round = 0; round < 4; round += 1) {
        sends.push(...numbers(50).map((body) => a.send(NAMES.b, { body: `${round}-${body}` })));
        await world().until('some are on their way', () => got.messages.length > round * 10);
        await world().cut('a');
      }
      await Promise.all(sends);
      await world().until('all arrive', () => got.messages.length >= 200);
      await a.send(NAMES.b, { body: 'end' });
      await world().until('the end arrives', () => got.bodies().includes('end'));
      expect(got.messages).toHaveLength(201);
      expect(new Set(got.bodies()).size).toBe(201);
    });

    test('closing ends the attempts to come back', async () => {
      const a = await world().open('a');
      await world().refuse('a');
      await world().until('it is noticed', () => a.state.phase === 'reconnecting');
      const waiting = failure(a.send(NAMES.a, { body: 'x' }));
      await Promise.resolve();
      await a.close({ timeoutMs: 20 });
      expect(await waiting).toMatchObject({ code: 'CLOSED' });
      await world().admit('a');
      expect(a.state.phase).toBe('closed');
    });

    test('who cannot be reached at the start is told', async () => {
      await world().refuse('a');
      expect(await failure(world().open('a'))).toMatchObject({ code: expect.stringMatching(/^ACCESS_/) as string });
      await world().admit('a');
    });
  });
}
