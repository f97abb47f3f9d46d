import { Duplex } from 'node:stream';
import { ManualClock } from '../lib/clock';
import { StompSession } from './stomp-session';

/** The peer's end of a connection: what it says is given, what it hears is kept. */
class Wire extends Duplex {
  heard = '';

  override _read(): void {
    // What the peer says is pushed.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.heard += chunk.toString();
    done();
  }
}

const CONNECTED = 'CONNECTED\nversion:1.2\nheart-beat:5000,30000\n\n\0';

interface World {
  readonly wire: Wire;
  readonly clock: ManualClock;
  readonly receipts: string[];
  readonly ends: Error[];
  readonly opening: Promise<StompSession>;
}

function begin(): World {
  const [wire, clock] = [new Wire(), new ManualClock()];
  const receipts: string[] = [];
  const ends: Error[] = [];
  const { signal } = new AbortController();
  const opening = StompSession.open(
    { socket: wire, where: 'peer:1', host: '/', timeoutMs: 10_000, clock, signal },
    { onReceipt: (receipt) => receipts.push(receipt), onEnd: (reason) => ends.push(reason) },
  );
  return { wire, clock, receipts, ends, opening };
}

async function open(): Promise<World & { readonly session: StompSession }> {
  const world = begin();
  world.wire.push(CONNECTED);
  return { ...world, session: await world.opening };
}

async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1_000 && !holds(); turn += 1) await new Promise(setImmediate);
  expect(holds()).toBe(true);
}

test('receipts come as they were written, in whatever pieces', async () => {
  const { wire, receipts, session } = await open();
  const text =
    'RECEIPT\r\nreceipt-id:1\r\nx:y\r\n\r\n\0\r\n\nRECEIPT\nreceipt-id:a\\cb\ncontent-length:0\n\n\0RECEIPT\n\n\0';
  for (const byte of Buffer.from(text)) wire.push(Buffer.of(byte));
  await until(() => receipts.length === 3);
  expect(receipts).toEqual(['1', 'a:b', '']);
  session.close();
});

test('an ERROR ends it with the words of the peer, though the connection is closed right after it', async () => {
  const { wire, ends } = await open();
  wire.push('RECEIPT\nreceipt-id:1\n\n\0ERROR\nmessage:Invalid X message.\nreceipt-id:2\ncontent-length:3\n\n{\0}\0');
  wire.push(null);
  await until(() => ends.length > 0);
  expect(ends).toMatchObject([{ code: 'RELAY_MESSAGE_REFUSED', words: 'Invalid X message.', receipt: 2 }]);
});

test.each([
  ['header', 'ERROR\nmessage:no\n\nbody\0', 'no'],
  ['body', 'ERROR\n\nbody \0', 'body'],
  ['neither', 'ERROR\n\n\0', 'it gives no reason'],
  ['an endless body', `ERROR\n\n${'x'.repeat(100_000)}\0`, 'x'.repeat(500)],
])('words of an ERROR: %s', async (_, frame, words) => {
  const { wire, ends } = await open();
  wire.push(frame);
  await until(() => ends.length > 0);
  expect(ends).toMatchObject([{ code: 'RELAY_REFUSED', words }]);
});

test.each([
  ['a header that shadows a method', 'RECEIPT\nhasOwnProperty:1\nreceipt-id:1\n\n\0'],
  ['a line without end', 'X'.repeat(100_000)],
  ['an unknown escape', 'RECEIPT\nreceipt-id:\\x\n\n\0'],
  ['a header without a value', 'RECEIPT\nreceipt-id\n\n\0'],
  ['a length that is no number', 'RECEIPT\ncontent-length:x\n\n\0'],
  ['a length that is wrong', 'RECEIPT\ncontent-length:1\n\n\0\n\n'],
  ['a MESSAGE', 'MESSAGE\n\n\0'],
  ['CONNECTED again', CONNECTED],
  ['HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n\0'],
])('%s ends it and nothing else', async (_, text) => {
  const { wire, ends, receipts } = await open();
  wire.push(text);
  await until(() => ends.length > 0);
  expect(ends).toMatchObject([{ code: 'RELAY_PROTOCOL' }]);
  expect(receipts).toEqual([]);
  expect(wire.destroyed).toBe(true);
});

test.each([
  ['another version', 'CONNECTED\nversion:1.1\n\n\0', 'RELAY_PROTOCOL'],
  ['no version', 'CONNECTED\n\n\0', 'RELAY_PROTOCOL'],
  ['odd heart-beats', 'CONNECTED\nversion:1.2\nheart-beat:x\n\n\0', 'RELAY_PROTOCOL'],
  ['a receipt before', 'RECEIPT\nreceipt-id:1\n\n\0', 'RELAY_PROTOCOL'],
  ['a refusal', 'ERROR\nmessage:Unknown peer serial number.\n\n\0', 'RELAY_REFUSED'],
  ['the end', null, 'RELAY_NOT_ADMITTED'],
])('what answers CONNECT with %s is not used', async (_, answer, code) => {
  const { wire, opening, ends } = begin();
  wire.push(answer);
  await expect(opening).rejects.toMatchObject({ code });
  expect(ends).toEqual([]);
});

test.each([
  ['0,0', undefined],
  ['0,7000', 7_000],
  ['0,1000', 5_000],
])('heart-beats as the peer wishes them: %s', async (wished, everyMs) => {
  const { wire, opening, clock, ends } = begin();
  wire.push(`CONNECTED\nversion:1.2\nheart-beat:${wished}\n\n\0`);
  const session = await opening;
  await until(() => wire.heard.endsWith('\0\n'));
  wire.heard = '';
  await clock.advance(35_000);
  await new Promise(setImmediate);
  expect(wire.heard).toBe('\n'.repeat(everyMs === undefined ? 0 : Math.floor(35_000 / everyMs)));
  await clock.advance(1_000_000);
  expect(ends).toEqual([]);
  session.close();
});

test('a peer that promises heart-beats at a slower pace is given as much longer', async () => {
  const { wire, opening, clock, ends } = begin();
  wire.push('CONNECTED\nversion:1.2\nheart-beat:60000,0\n\n\0');
  await opening;
  await clock.advance(75_000);
  expect(ends).toEqual([]);
  await clock.advance(1_000);
  expect(ends).toMatchObject([{ code: 'RELAY_SILENT' }]);
});
