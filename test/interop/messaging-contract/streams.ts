import { Reject } from '../../../sidecar/messaging/messaging-error';
import { collect, failure } from './collect';
import { bytesOf, foreignStream, from, sha256, StreamFolder } from './stream-tools';
import { LIMITS, NAMES, type World } from './world';

export function streams(world: () => World): void {
  describe('large messages', () => {
    const folder = new StreamFolder();
    beforeEach(() => folder.make());
    afterEach(() => folder.remove());

    const { announce, part, end, reasons } = foreignStream(world);

    test.each<[string, number, number]>([
      ['no bytes', 0, 0],
      ['one byte', 1, 1],
      ['one part exactly', 1000, 1],
      ['three parts exactly', 3000, 3],
      ['three parts and a byte', 3001, 4],
    ])('a stream of %s arrives as it was', async (_, length, parts) => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const got = await folder.gather(b);
      const bytes = bytesOf(length);
      const sent = await a.sendStream(NAMES.b, from(bytes), { partBytes: 1000 });
      expect(sent).toMatchObject({ length, parts, sha256: sha256(bytes), to: { name: NAMES.b } });
      await world().until('it arrives', () => got.length > 0);
      expect(got[0]?.bytes.equals(bytes)).toBe(true);
      expect(got[0]?.stream).toMatchObject({ length, parts, sha256: sha256(bytes), id: sent.id });
    });

    test('one that is larger than any message arrives', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const got = await folder.gather(b);
      const bytes = bytesOf(LIMITS.maxMessageSize * 2 + 77);
      await a.sendStream(NAMES.b, from(bytes, 100_000));
      await world().until('it arrives', () => got.length > 0);
      expect(got[0]?.bytes.equals(bytes)).toBe(true);
    });

    test('type, encoding, topic, headers and ids come along, and the true sender', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const got = await folder.gather(b);
      const said = { contentType: 'video/mp4', contentEncoding: 'gzip', topic: 'films', correlationId: 'c-1' };
      await a.sendStream(NAMES.b, from(bytesOf(10)), { ...said, headers: { x: 'y' }, duplicateId: 'film 1' });
      await world().until('it arrives', () => got.length > 0);
      expect(got[0]?.stream).toMatchObject({
        ...said,
        headers: { x: 'y' },
        duplicateId: 'film 1',
        attempt: 1,
        sender: { id: world().id('a'), name: NAMES.a },
        recipient: { id: world().id('b'), name: NAMES.b },
      });
    });

    test('two at once from one sender are kept apart', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const got = await folder.gather(b);
      const [one, two] = [bytesOf(20_000, 1), bytesOf(20_000, 2)];
      await Promise.all([one, two].map((bytes) => a.sendStream(NAMES.b, from(bytes), { partBytes: 1000 })));
      await world().until('both arrive', () => got.length === 2);
      expect(got.map(({ bytes }) => sha256(bytes)).sort()).toEqual([sha256(one), sha256(two)].sort());
    });

    test('two senders may use the same id', async () => {
      const [a, b, c] = [await world().open('a'), await world().open('b'), await world().open('c')];
      const got = await folder.gather(b);
      const options = { partBytes: 1000, duplicateId: 'the same' };
      const [one, two] = [bytesOf(9_000, 1), bytesOf(9_000, 2)];
      await Promise.all([a.sendStream(NAMES.b, from(one), options), c.sendStream(NAMES.b, from(two), options)]);
      await world().until('both arrive', () => got.length === 2);
      const of = (name: string) => got.find(({ stream }) => stream.sender.name === name)?.bytes;
      expect([of(NAMES.a)?.equals(one), of(NAMES.c)?.equals(two)]).toEqual([true, true]);
    });

    test('readers of messages are given nothing of it, readers of streams no messages', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const [messages, got] = [await collect(b), await folder.gather(b)];
      await a.sendStream(NAMES.b, from(bytesOf(3_000)), { partBytes: 1000 });
      await a.send(NAMES.b, { body: 'a message' });
      await world().until('both arrive', () => got.length > 0 && messages.messages.length > 0);
      expect([messages.bodies(), got.length]).toEqual([['a message'], 1]);
    });

    test('a reader of one topic is given its streams alone', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const films = await folder.gather(b, { topic: 'films' });
      await a.sendStream(NAMES.b, from(bytesOf(10)), { topic: 'songs', duplicateId: 'song' });
      await a.sendStream(NAMES.b, from(bytesOf(10)), { topic: 'films', duplicateId: 'film' });
      await world().until('it arrives', () => films.length > 0);
      const rest = await folder.gather(b);
      await world().until('the other arrives', () => rest.length > 0);
      expect([films, rest].map((all) => all.map(({ stream }) => stream.duplicateId))).toEqual([['film'], ['song']]);
    });

    test('several readers get each stream once, whole', async () => {
      const [a, b, other] = [await world().open('a'), await world().open('b'), await world().open('b')];
      const [one, two] = [await folder.gather(b), await folder.gather(other)];
      const all = [1, 2, 3, 4, 5, 6].map((seed) => bytesOf(5_000, seed));
      await Promise.all(all.map((bytes) => a.sendStream(NAMES.b, from(bytes), { partBytes: 1000 })));
      await world().until('all arrive', () => one.length + two.length === all.length);
      const got = [...one, ...two].map(({ bytes }) => sha256(bytes));
      expect(got.sort()).toEqual(all.map(sha256).sort());
    });

    test('a stream that is given back comes again, and its bytes with it', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      const seen: [number, string][] = [];
      await b.receiveStreams(
        async (message) => {
          const chunks: Buffer[] = [];
          for await (const chunk of message.stream()) chunks.push(chunk);
          seen.push([message.attempt, sha256(Buffer.concat(chunks))]);
          if (message.attempt === 1) throw new Error('not now');
        },
        { folder: folder.path },
      );
      const bytes = bytesOf(3_000);
      await a.sendStream(NAMES.b, from(bytes), { partBytes: 1000 });
      await world().until('it came twice', () => seen.length === 2);
      expect(seen).toEqual([
        [1, sha256(bytes)],
        [2, sha256(bytes)],
      ]);
      await world().until('nothing stays', async () => (await folder.size()) === 0);
    });

    test('a rejected one is named in the dead letters with the reason', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      await b.receiveStreams(
        () => {
          throw new Reject('not wanted');
        },
        { folder: folder.path },
      );
      await a.sendStream(NAMES.b, from(bytesOf(10)), { duplicateId: 'unwanted', headers: { x: 'y' } });
      await world().until('it is there', async () => (await reasons()).length > 0);
      expect((await world().deadLetters('b'))[0]?.properties).toMatchObject({
        netmap_stream: 'unwanted',
        netmap_dead_cause: 'rejected',
        netmap_dead_reason: 'not wanted',
        x: 'y',
      });
    });

    test('a reply to it comes as one to a message', async () => {
      const [a, b] = [await world().open('a'), await world().open('b')];
      await b.receiveStreams(
        async (stream) => {
          await stream.reply({ body: `${stream.length} bytes` });
        },
        {
          folder: folder.path,
        },
      );
      const replies = await collect(a);
      const { id } = await a.sendStream(NAMES.b, from(bytesOf(3_000)));
      await world().until('it comes', () => replies.messages.length > 0);
      expect(replies.messages[0]).toMatchObject({ correlationId: id });
      expect(replies.bodies()).toEqual(['3000 bytes']);
    });

    test('the source is not read faster than the broker stores, and a stream larger than its room comes through', async () => {
      const a = await world().open('a');
      const bytes = bytesOf(LIMITS.inboundBytes * 5);
      let read = 0;
      const sending = a.sendStream(
        NAMES.a,
        from(bytes, 50_000, async (at) => void (read = at)),
        { partBytes: 50_000 },
      );
      let [last, since] = [-1, world().now()];
      await world().until('nothing is read any more', () => {
        if (read !== last) since = world().now();
        last = read;
        return world().now() - since > 1_000;
      });
      expect(read).toBeLessThan(LIMITS.inboundBytes * 3.5);
      const got = await folder.gather(a);
      await sending;
      await world().until('it arrives', () => got.length > 0);
      expect(got[0]?.bytes.equals(bytes)).toBe(true);
    });

    test('one that does not go on lets others have its turn', async () => {
      const [b, c] = [await world().open('b'), await world().open('c')];
      const got = await folder.gather(b, { open: 1 });
      await announce('stuck');
      await part('stuck', 0, 'a');
      await world().until('it has begun', async () => (await folder.size()) > 0);
      await c.sendStream(NAMES.b, from(bytesOf(10)));
      await world().until('the other arrives', () => got.length === 1);
      await end('stuck', 1, 'a');
      await world().until('it arrives in the end', () => got.length === 2);
    });

    test.each<[string, object]>([
      ['a part larger than the largest message', { partBytes: LIMITS.maxMessageSize + 1 }],
      ['parts of nothing', { partBytes: 0 }],
      ['an empty duplicate ID', { duplicateId: '' }],
      ['a header of ours', { headers: { netmap_stream: 'x' } }],
      ['no life', { timeToLiveMs: 0 }],
    ])('%s is refused', async (_, options) => {
      const a = await world().open('a');
      expect(await failure(a.sendStream(NAMES.b, from(bytesOf(10)), options))).toMatchObject({
        code: 'MESSAGE_INVALID',
      });
    });

    test('a service is no recipient of a stream', async () => {
      const a = await world().open('a');
      expect(await failure(a.sendStream(NAMES.service, from(bytesOf(10))))).toMatchObject({
        code: 'MESSAGE_INVALID',
        remedy: 'ask the service first, and send to the one who answers',
      });
    });

    test('a folder that is none is refused', async () => {
      const b = await world().open('b');
      expect(await failure(b.receiveStreams(() => undefined, { folder: '/dev/null/x' }))).toMatchObject({
        code: 'SPOOL_UNUSABLE',
      });
    });

    test('options that make no sense are refused', async () => {
      const b = await world().open('b');
      for (const wrong of [{ open: 0 }, { concurrency: 0 }, { maxBytes: 0 }])
        expect(await failure(b.receiveStreams(() => undefined, { folder: folder.path, ...wrong }))).toMatchObject({
          code: 'RECEIVE_INVALID',
        });
    });
  });
}
