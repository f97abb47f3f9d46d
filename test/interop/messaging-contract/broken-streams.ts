import { collect, failure, Gate } from './collect';
import { bytesOf, foreignStream, from, StreamFolder } from './stream-tools';
import { NAMES, type World } from './world';

export function brokenStreams(world: () => World): void {
  describe('large messages that go wrong', () => {
    const folder = new StreamFolder();
    beforeEach(() => folder.make());
    afterEach(() => folder.remove());

    const { announce, part, end, reasons } = foreignStream(world);

    test('parts that another sender puts in between change nothing', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const got = await folder.gather(b);
      const bytes = bytesOf(4_000);
      const gate = new Gate();
      const options = { partBytes: 1000, duplicateId: 'guessed' };
      const sending = a.sendStream(
        NAMES.b,
        from(bytes, 1000, (at) => (at < 2000 ? Promise.resolve() : gate.opened)),
        options,
      );
      await world().until('it has begun', async () => (await folder.size()) > 2_000);
      for (const number of [0, 1, 2, 3, 4]) await part('guessed', number, 'forged', 'c');
      await end('guessed', 2, 'forgedforged', 'c');
      await world().sendForeign('c', 'b', {
        body: Buffer.alloc(0),
        properties: { netmap_stream: 'guessed', netmap_stream_part: 0, netmap_stream_aborted: 'by c' },
      });
      const others = await collect(b);
      await (await world().open('c')).send(NAMES.b, { body: 'after' });
      await world().until('what was forged is there', () => others.messages.length > 0);
      gate.open();
      await sending;
      await world().until('it arrives', () => got.length > 0);
      expect(got[0]?.bytes.equals(bytes)).toBe(true);
      expect(await reasons()).toEqual([]);
    });

    test('a checksum that is not right: nothing is handed over, the dead letters name the stream', async () => {
      const got = await folder.gather(await world().open('b'));
      await announce('bad');
      await part('bad', 0, 'some');
      await part('bad', 1, 'BYTES');
      await end('bad', 2, 'somebytes');
      await world().until('it is refused', async () => (await reasons()).length > 0);
      expect(String((await reasons())[0])).toMatch(/^the stream bad is not what its sender says: SHA-256/);
      expect((await world().deadLetters('b'))[0]?.properties).toMatchObject({
        netmap_stream: 'bad',
        netmap_dead_cause: 'stream',
        netmap_dead_sender: world().id('a'),
      });
      await world().until('nothing stays', async () => (await folder.size()) === 0);
      expect(got).toEqual([]);
    });

    test.each<[string, number, string]>([
      ['more parts than its end says', 1, 'some'],
      ['more bytes than its end says', 2, 'someBYTE'],
    ])('%s', async (_, parts, text) => {
      const got = await folder.gather(await world().open('b'));
      await announce('odd');
      await part('odd', 0, 'some');
      await part('odd', 1, 'BYTES');
      await end('odd', parts, text);
      await world().until('it is refused', async () => (await reasons()).length > 0);
      expect(String((await reasons())[0])).toMatch(/^the stream odd is not what its sender says: (?:parts|9 bytes)/);
      expect(got).toEqual([]);
    });

    test('parts out of their order and twice are joined', async () => {
      const got = await folder.gather(await world().open('b'));
      await announce('mixed');
      await end('mixed', 3, 'abc');
      for (const [number, text] of [
        [2, 'c'],
        [0, 'a'],
        [2, 'c'],
        [1, 'b'],
      ] as const)
        await part('mixed', number, text);
      await world().until('it arrives', () => got.length > 0);
      expect(got[0]?.bytes.toString()).toBe('abc');
    });

    test('a part that never comes: the stream is given up after its life', async () => {
      const got = await folder.gather(await world().open('b'));
      await announce('torn', 2_000);
      await part('torn', 0, 'a');
      await end('torn', 3, 'abc');
      await world().until('it is given up', async () => (await reasons()).length > 0);
      expect(await reasons()).toEqual(['nothing more of the stream torn came for 2000 ms; 2 of its parts are missing']);
      expect(got).toEqual([]);
    });

    test('what announces itself wrongly goes to the dead letters', async () => {
      await folder.gather(await world().open('b'));
      await world().sendForeign('a', 'b', { body: Buffer.alloc(0), properties: { netmap_stream: 'x' } });
      await world().until('it is refused', async () => (await reasons()).length > 0);
      expect(await reasons()).toEqual(['it announces a stream, but not its id, its life and its part size']);
    });

    test('a part larger than announced ends it', async () => {
      const got = await folder.gather(await world().open('b'));
      await announce('fat');
      await part('fat', 0, 'x'.repeat(1001));
      await world().until('it is refused', async () => (await reasons()).length > 0);
      expect(await reasons()).toEqual(['the stream fat cannot be put together: part 0 has 1001 bytes']);
      expect(got).toEqual([]);
    });

    test('one that is longer than its reader takes goes to the dead letters, and holds up no other', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const got = await folder.gather(b, { maxBytes: 5_000, open: 1 });
      await a.sendStream(NAMES.b, from(bytesOf(20_000)), { partBytes: 1000, duplicateId: 'long' });
      await a.sendStream(NAMES.b, from(bytesOf(10)));
      await world().until('the other arrives', () => got.length > 0);
      await world().until('it is refused', async () => (await reasons()).length > 0);
      expect(await reasons()).toEqual([
        'the stream long cannot be put together: more than 5000 bytes, which are taken',
      ]);
    });

    test('one that is longer than the sender allows is given up, and nothing of it stays', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const got = await folder.gather(b);
      const sending = a.sendStream(NAMES.b, from(bytesOf(5_001)), { partBytes: 1000, maxBytes: 5_000 });
      expect(await failure(sending)).toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
      await a.sendStream(NAMES.b, from(bytesOf(10)));
      await world().until('the next arrives', () => got.length > 0);
      await world().until('nothing stays', async () => (await folder.size()) === 0);
      expect([got.length, await reasons()]).toEqual([1, []]);
    });

    test('the sender gives up in the middle: nothing is handed over, nothing stays', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const got = await folder.gather(b);
      const controller = new AbortController();
      const never = new Promise<void>(() => undefined);
      const source = from(bytesOf(5_000), 1000, (at) => (at < 3000 ? Promise.resolve() : never));
      const sending = failure(a.sendStream(NAMES.b, source, { partBytes: 1000, signal: controller.signal }));
      await world().until('some of it is there', async () => (await folder.size()) > 3_000);
      controller.abort('enough');
      expect(await sending).toMatchObject({ code: 'ABORTED', cause: 'enough' });
      await world().until('nothing stays', async () => (await folder.size()) === 0);
      await a.sendStream(NAMES.b, from(bytesOf(10)));
      await world().until('the next arrives', () => got.length > 0);
      expect([got.length, await reasons()]).toEqual([1, []]);
    });

    test('a source that fails is told, and nothing is handed over', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const got = await folder.gather(b);
      const broken = new Error('the disk is gone');
      const source = from(bytesOf(5_000), 1000, (at) => (at < 3000 ? Promise.resolve() : Promise.reject(broken)));
      expect(await failure(a.sendStream(NAMES.b, source, { partBytes: 1000 }))).toMatchObject({
        code: 'SOURCE_FAILED',
        cause: broken,
      });
      await a.sendStream(NAMES.b, from(bytesOf(10)));
      await world().until('the next arrives', () => got.length > 0);
      expect(got).toHaveLength(1);
    });

    test('a sender that dies goes on where it was', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const got = await folder.gather(b);
      const bytes = bytesOf(10_000);
      const options = { partBytes: 1000, duplicateId: 'again' };
      const never = new Promise<void>(() => undefined);
      let stored = 0;
      const sending = failure(
        a.sendStream(
          NAMES.b,
          from(bytes, 1000, (at) => (at < 6000 ? Promise.resolve() : never)),
          { ...options, onProgress: ({ parts }) => (stored = parts) },
        ),
      );
      await world().until('six are stored', () => stored === 6);
      await a.close({ timeoutMs: 1 });
      expect(await sending).toMatchObject({ code: 'CLOSED' });
      const again = await world().open('a');
      // One less than are stored: it is a double that is dropped.
      const seen: number[] = [];
      const onProgress = ({ parts }: { parts: number }) => seen.push(parts);
      await again.sendStream(NAMES.b, from(bytes), { ...options, storedParts: 5, onProgress });
      await world().until('it arrives', () => got.length > 0);
      expect(got[0]?.bytes.equals(bytes)).toBe(true);
      expect(seen.at(-1)).toBe(10);
    });

    test('a reader that dies in the middle: the next one of the same folder goes on', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const before = await folder.gather(b);
      const bytes = bytesOf(8_000);
      const gate = new Gate();
      const sending = a.sendStream(
        NAMES.b,
        from(bytes, 1000, (at) => (at < 4000 ? Promise.resolve() : gate.opened)),
        { partBytes: 1000 },
      );
      await world().until('four parts are on the disk', async () => (await folder.size()) > 4_000);
      await world().refuse('b');
      await b.close({ timeoutMs: 1 });
      await world().admit('b');
      const got = await folder.gather(await world().open('b'));
      gate.open();
      await sending;
      await world().until('it arrives', () => got.length > 0);
      expect([before.length, got.length, got[0]?.bytes.equals(bytes)]).toEqual([0, 1, true]);
    });

    test('cut off in the middle, both sides go on, and it comes once', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const got = await folder.gather(b);
      const bytes = bytesOf(40_000);
      let next = 12_000;
      const source = from(bytes, 1000, async (at) => {
        if (at !== next || next > 24_000) return;
        next += 12_000;
        await world().cut('b');
        await world().cut('a');
      });
      await a.sendStream(NAMES.b, source, { partBytes: 1000 });
      await world().until('it arrives', () => got.length > 0);
      await a.sendStream(NAMES.b, from(bytesOf(10)));
      await world().until('the next arrives', () => got.length > 1);
      expect([got[0]?.bytes.equals(bytes), got.length]).toEqual([true, 2]);
    });

    test('a sender of many that do not go on loses one of them, and keeps out nobody', async () => {
      const [b, c] = [await world().open('b'), await world().open('c')];
      const got = await folder.gather(b);
      for (let number = 0; number < 21; number += 1) await announce(`stuck ${number}`);
      await c.sendStream(NAMES.b, from(bytesOf(10)));
      await world().until('the other arrives', () => got.length > 0);
      await world().until('one is given up', async () => (await reasons()).length > 0);
      expect((await reasons())[0]).toBe('its sender has more than 16 streams that do not go on');
    });

    test('a reader that stops gives it back, and the next one goes on', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const gate = new Gate();
      const receiving = await b.receiveStreams(() => undefined, { folder: folder.path });
      const bytes = bytesOf(8_000);
      const sending = a.sendStream(
        NAMES.b,
        from(bytes, 1000, (at) => (at < 4000 ? Promise.resolve() : gate.opened)),
        { partBytes: 1000 },
      );
      await world().until('four parts are on the disk', async () => (await folder.size()) > 4_000);
      await receiving.stop();
      const got = await folder.gather(b);
      gate.open();
      await sending;
      await world().until('it arrives', () => got.length > 0);
      expect([got[0]?.bytes.equals(bytes), got[0]?.stream.attempt]).toEqual([true, 1]);
    });
  });
}
