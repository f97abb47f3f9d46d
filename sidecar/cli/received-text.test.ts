import type { ReceivedMessage } from '../messaging/received-message';
import { detailsJson, namedMessage, receivedJson, receivedText, writtenText, type NamedMessage } from './received-text';

function message(more: Partial<NamedMessage> = {}): NamedMessage {
  return {
    address: 'p2p.inbound.DLa.from.DLb',
    senderId: 'DLb',
    senderName: 'O=Party B, L=London, C=GB',
    at: 0,
    body: Buffer.from('hello'),
    properties: { n: 1n },
    ...more,
  };
}

test('time, true sender, size and body in a line', () => {
  expect(receivedText(message())).toBe('1970-01-01T00:00:00.000Z  O=Party B, L=London, C=GB  5 bytes  hello');
});

test('a sender whom the map does not have is shown by id', () => {
  expect(receivedText(message({ senderName: undefined }))).toContain('DLb (not on the map)');
  const none = message({ senderName: undefined, senderId: undefined, at: undefined, address: 'x' });
  expect(receivedText(none)).toBe('-  unknown, by x  5 bytes  hello');
});

test('a body can neither make lines nor steer the terminal, and is cut', () => {
  expect(receivedText(message({ body: Buffer.from('a\n\u001b[2J') }))).toMatch(/6 bytes {2}a\\u000a\\u001b\[2J$/);
  expect(receivedText(message({ body: Buffer.alloc(1000, 'x') }))).toMatch(/1000 bytes {2}x{200}…$/);
  expect(receivedText(message({ body: Buffer.from([0xff, 0xfe]) }))).toMatch(/2 bytes {2}\(no text\) fffe$/);
  expect(receivedText(message({ body: Buffer.alloc(33, 0xff) }))).toMatch(/f…$/);
});

test('for programs: text as text, anything else as base64', () => {
  expect(receivedJson(message())).toEqual({
    from: { id: 'DLb', name: 'O=Party B, L=London, C=GB' },
    at: '1970-01-01T00:00:00.000Z',
    address: 'p2p.inbound.DLa.from.DLb',
    bytes: 5,
    body: 'hello',
    properties: { n: 1n },
  });
  expect(receivedJson(message({ body: Buffer.from([0xff]), at: undefined }))).toMatchObject({
    at: undefined,
    bodyBase64: '/w==',
  });
});

test('what the library hands over is shown as what is read from the wire', () => {
  const got = {
    ...{ id: 'm', sender: { id: 'DLb', name: 'O=B' }, recipient: { id: 'DLa', name: 'O=A' }, body: Buffer.from('x') },
    ...{ headers: { k: 'v' }, topic: 't', duplicateId: 'd', arrivedAt: 7, attempt: 2, isRequest: true },
  } as unknown as ReceivedMessage;
  expect(namedMessage(got)).toEqual({
    ...{ address: 'p2p.inbound.DLa.from.DLb', senderId: 'DLb', senderName: 'O=B', at: 7, body: Buffer.from('x') },
    properties: { k: 'v', 'platform-topic': 't', _AMQ_DUPL_ID: 'd' },
  });
  expect(detailsJson(got)).toMatchObject({ id: 'm', to: { id: 'DLa', name: 'O=A' }, attempt: 2, isRequest: true });
});

test('what is in a file is named by the file', () => {
  const metadata = { body: 'x.body', bytes: 9, sha256: '', to: { id: '', name: '' }, headers: {}, attempt: 1 };
  expect(writtenText({ file: '/in/x.body', metadata: { ...metadata, from: { id: 'DLb', name: 'O=B' } } })).toBe(
    '-  O=B  9 bytes  /in/x.body',
  );
  const at = '1970-01-01T00:00:00.000Z';
  expect(writtenText({ file: '/x', metadata: { ...metadata, from: { id: 'DLb' }, arrivedAt: at, parts: 3 } })).toBe(
    `${at}  DLb (not on the map)  9 bytes in 3 parts  /x`,
  );
});
