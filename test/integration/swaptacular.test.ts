import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WireDelivery } from '../../sidecar/messaging/transport';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { RawStomp } from './support/raw-stomp';
import { swaptacularPair, type SwaptacularNode } from './support/swaptacular-node';
import { until } from './support/until';

jest.setTimeout(600_000);

const SOON_MS = 60_000;
/** Of the agent's creditors, and of the authority's debtors. */
const CREDITOR = '1099511627783';
const DEBTOR = '1311862288428302341';

let aa: SwaptacularNode;
let ca: SwaptacularNode;
let stop: () => Promise<void> = async () => undefined;

beforeAll(async () => {
  ({ aa, ca, stop } = await swaptacularPair());
  await Promise.all([aa.start(), ca.start()]);
  await Promise.all([aa.receive(), ca.receive()]);
});
afterAll(() => stop());

const prepare = (request: number): Buffer =>
  Buffer.from(
    `{"type":"PrepareTransfer","debtor_id":${DEBTOR},"creditor_id":${CREDITOR},"coordinator_type":"direct",` +
      `"coordinator_id":${CREDITOR},"coordinator_request_id":${request},"min_locked_amount":1,"max_locked_amount":9,` +
      `"recipient":"2","final_interest_rate_ts":"9999-12-31T23:59:59Z","max_commit_delay":1000,"ts":"2026-11-22T00:00:00Z"}`,
  );
const prepared = (request: number): Buffer =>
  Buffer.from(
    `{"type":"PreparedTransfer","debtor_id":${DEBTOR},"creditor_id":${CREDITOR},"coordinator_type":"direct",` +
      `"coordinator_id":${CREDITOR},"coordinator_request_id":${request},"transfer_id":7,"locked_amount":9,` +
      `"recipient":"2","prepared_at":"2026-11-22T00:00:00Z","demurrage_rate":-50.0,"deadline":"2026-12-22T00:00:00Z",` +
      `"final_interest_rate_ts":"9999-12-31T23:59:59Z","ts":"2026-11-22T00:00:00Z"}`,
  );
const JSON_TYPE = 'application/json';

test('two nodes: PrepareTransfer goes one way, PreparedTransfer comes back, each under its true sender', async () => {
  await ca.send(aa.id, { subject: 'PrepareTransfer', contentType: JSON_TYPE, body: prepare(1) });
  await until('it has come', () => aa.received.length > 0, SOON_MS);
  const [asked] = aa.received as [WireDelivery];
  expect(asked).toMatchObject({
    to: cordaAddresses.ingress(aa.id, ca.id),
    subject: 'PrepareTransfer',
    contentType: JSON_TYPE,
  });
  expect(asked.body).toEqual(prepare(1));
  expect(asked.properties).toMatchObject({
    'message-type': 'PrepareTransfer',
    'debtor-id': DEBTOR,
    'creditor-id': CREDITOR,
    'coordinator-id': CREDITOR,
    'coordinator-type': 'direct',
  });
  await aa.send(ca.id, { subject: 'PreparedTransfer', contentType: JSON_TYPE, body: prepared(1) });
  await until('the answer has come', () => ca.received.length > 0, SOON_MS);
  const [answer] = ca.received as [WireDelivery];
  expect(answer).toMatchObject({ to: cordaAddresses.ingress(ca.id, aa.id), subject: 'PreparedTransfer' });
  expect(answer.body).toEqual(prepared(1));
});

test('10,000 messages through relay, STOMP and screen: each lands once, in order, and nothing is left', async () => {
  const COUNT = 10_000;
  const first = aa.received.length;
  const numbers = Array.from({ length: COUNT }, (_, index) => 1_000 + index);
  await ca.send(
    aa.id,
    ...numbers.map((number) => ({ subject: 'PrepareTransfer', contentType: JSON_TYPE, body: prepare(number) })),
  );
  await until('all have come', () => aa.received.length >= first + COUNT, 4 * SOON_MS);
  const come = aa.received.slice(first);
  const numberOf = ({ body }: WireDelivery): number => Number(/"coordinator_request_id":(\d+)/.exec(String(body))?.[1]);
  expect(come.map(numberOf)).toEqual(numbers);
  expect(new Set(come.map(({ to }) => to))).toEqual(new Set([cordaAddresses.ingress(aa.id, ca.id)]));
  await until('nothing waits', () => ca.sidecar.status().peers.every(({ queued }) => queued === 0), SOON_MS);
  expect(deadAt(aa)).toBe(0);
});

/** The frame that a peer's client sends; `more` stands before the empty line. */
const frame = (
  body: Buffer,
  { type = 'PrepareTransfer', contentType = JSON_TYPE, receipt = '1', more = '' } = {},
): Buffer =>
  Buffer.concat([
    Buffer.from(
      `SEND\ndestination:/exchange/accounts_in\ntype:${type}\ncontent-type:${contentType}\npersistent:true\n` +
        `receipt:${receipt}\ncontent-length:${body.length}\n${more}\n`,
    ),
    body,
    Buffer.from([0]),
  ]);

const edited = (good: Buffer, from: string, to: string): Buffer => Buffer.from(good.toString().replace(from, to));
const without = (good: Buffer, header: string): Buffer =>
  Buffer.from(good.toString().replace(new RegExp(`\\n${header}:[^\\n]*`), ''));
const withHeaders = (good: Buffer, count: number): Buffer =>
  edited(good, '\n\n', `\n${Array.from({ length: count }, (_, index) => `h${index}:x\n`).join('')}\n`);
const crlf = (good: Buffer): Buffer => {
  const [head = '', ...body] = good.toString().split('\n\n');
  return Buffer.from(`${head.replaceAll('\n', '\r\n')}\r\n\r\n${body.join('\n\n')}`);
};

const deadAt = (node: SwaptacularNode): number => node.sidecar.status().deadLetters?.total ?? 0;

test('what the broker takes and the specification does not is refused with a reason, and what comes after it passes', async () => {
  const before = aa.received.length;
  const dead = deadAt(aa);
  const raw = await RawStomp.connect(aa.ports.p2p, await ca.clientTls(aa.id));
  const bad = [
    frame(Buffer.from('{"type":"PrepareTransfer"}'), { receipt: '1' }),
    frame(prepare(2), { receipt: '2', type: 'FinalizeTransfer' }),
    frame(prepare(3), { receipt: '3', contentType: 'text/plain' }),
    frame(Buffer.concat([prepare(4), Buffer.alloc(8192, ' ')]), { receipt: '4' }),
    frame(Buffer.from('no JSON'), { receipt: '5' }),
    frame(Buffer.from(prepare(6).toString().replaceAll(CREDITOR, '7')), { receipt: '6' }),
  ];
  for (const each of bad) raw.write(each);
  const forged = `_AMQ_VALIDATED_USER:peer.${aa.id}\nuser-id:peer.${aa.id}\nJMSXUserID:peer.${aa.id}\nto:p2p.inbound.x.from.y\n`;
  raw.write(frame(prepare(7), { receipt: '7', more: forged }));
  await raw.until('RECEIPT\nreceipt-id:7\n');
  await until('the good one has come', () => aa.received.length > before, SOON_MS);
  await until('the others are dead letters', () => deadAt(aa) === dead + bad.length, SOON_MS);
  raw.close();
  expect(aa.received).toHaveLength(before + 1);
  const [last] = aa.received.slice(-1) as [WireDelivery];
  expect(last.to).toBe(cordaAddresses.ingress(aa.id, ca.id));
  expect(last.body).toEqual(prepare(7));
  const reasons = aa.log
    .map((line) => JSON.parse(line) as { reason?: string; peer?: string })
    .filter(({ reason }) => reason);
  expect(reasons.filter(({ peer }) => peer === ca.id).map(({ reason }) => reason)).toEqual([
    'Invalid PrepareTransfer message: debtor_id is missing.',
    'Invalid FinalizeTransfer message: the type in the body is another than in the header.',
    'Unsupported content type: text/plain.',
    'The body is too large.',
    'Invalid PrepareTransfer message: it is not JSON in UTF-8.',
    'Invalid creditor ID: 0x0000000000000007.',
  ]);
});

/** Of these the stock broker takes each; RECEIPT 9 comes for the message behind. */
test.each<[string, (good: Buffer) => Buffer, string | undefined]>([
  ['no receipt', (good) => without(good, 'receipt'), 'SEND command without a receipt header.'],
  ['no type', (good) => without(good, 'type'), 'SEND command without a type header.'],
  ['no content type', (good) => without(good, 'content-type'), 'SEND command without a content-type header.'],
  [
    'a raw colon in a value',
    (good) => edited(good, 'application/json', 'application/json:x'),
    'Unsupported content type',
  ],
  ['60 headers', (good) => withHeaders(good, 60), 'The frame header is too big.'],
  ['a repeated header', (good) => edited(good, 'type:PrepareTransfer\n', 'type:PrepareTransfer\ntype:X\n'), undefined],
  ['no length', (good) => without(good, 'content-length'), undefined],
  ['no word on persistence', (good) => without(good, 'persistent'), undefined],
  [
    'a priority and an expiry far away',
    (good) => edited(good, 'persistent:true\n', 'priority:9\nexpires:99999999999999\n'),
    undefined,
  ],
  ['lines that end in CR LF', (good) => crlf(good), undefined],
])('what the broker is lax about: %s', async (_, change, reason) => {
  const [before, dead] = [aa.received.length, deadAt(aa)];
  const told = aa.log.length;
  const raw = await RawStomp.connect(aa.ports.p2p, await ca.clientTls(aa.id));
  raw.write(change(frame(prepare(1), { receipt: '8' })));
  raw.write(frame(prepare(2), { receipt: '9' }));
  await raw.until('receipt-id:9');
  raw.close();
  const good = reason === undefined ? 2 : 1;
  await until('the good ones have come', () => aa.received.length === before + good, SOON_MS);
  await until('the bad one is a dead letter', () => deadAt(aa) === dead + 2 - good, SOON_MS);
  if (reason !== undefined) expect(aa.log.slice(told).join('')).toContain(reason);
  expect(new Set(aa.received.slice(before).map(({ to }) => to))).toEqual(
    new Set([cordaAddresses.ingress(aa.id, ca.id)]),
  );
});

test('what comes before CONNECT is not taken, and not answered', async () => {
  const before = aa.received.length;
  const early = await RawStomp.open(aa.ports.p2p, await ca.clientTls(aa.id));
  early.write(frame(prepare(1), { receipt: '7' }));
  early.connect();
  const raw = await RawStomp.connect(aa.ports.p2p, await ca.clientTls(aa.id));
  raw.write(frame(prepare(2), { receipt: '8' }));
  await raw.until('receipt-id:8');
  await until('what came after it is here', () => aa.received.length > before, SOON_MS);
  raw.close();
  early.close();
  expect(aa.received.slice(before).map(({ body }) => body)).toEqual([prepare(2)]);
  expect(early.text).toBe('');
});

test.each<[string, () => string]>([
  ['reading what others have sent', () => 'SUBSCRIBE\nid:1\nreceipt:1\ndestination:/exchange/accounts_in\n\n\0'],
  [
    'reading what came in',
    () => `SUBSCRIBE\nid:1\nreceipt:1\ndestination:${cordaAddresses.inboundSource(aa.id)}\n\n\0`,
  ],
  ['reading what waits for it', () => `SUBSCRIBE\nid:1\nreceipt:1\ndestination:internal.peers.${ca.id}\n\n\0`],
  ['passing by the checks', () => `SEND\nreceipt:1\ndestination:${cordaAddresses.ingress(aa.id, ca.id)}\n\nx\0`],
  ['sending to another peer', () => `SEND\nreceipt:1\ndestination:internal.peers.${ca.id}\n\nx\0`],
  ['the dead letters', () => 'SEND\nreceipt:1\ndestination:dead-letters\n\nx\0'],
  ['an address that is not there', () => 'SEND\nreceipt:1\ndestination:/exchange/creditors_in\n\nx\0'],
  ['management', () => 'SEND\nreceipt:1\ndestination:activemq.management\n\n[]\0'],
])('a peer may send to its one destination and nothing else: %s', async (_, attempt) => {
  const raw = await RawStomp.connect(aa.ports.p2p, await ca.clientTls(aa.id));
  raw.write(attempt());
  await raw.until('ERROR');
  expect(raw.text).not.toContain('RECEIPT');
  raw.close();
});

test('who shows no certificate, another root, or speaks an older TLS does not come in', async () => {
  const tls = await ca.clientTls(aa.id);
  const strangers = [
    { ...tls, key: undefined, cert: undefined },
    // Its own server certificate alone: nobody here has issued that.
    { ...tls, cert: tls.serverCertificate },
    { ...tls, maxVersion: 'TLSv1.2' as const, minVersion: 'TLSv1.2' as const },
  ];
  for (const stranger of strangers) await expect(RawStomp.connect(aa.ports.p2p, stranger)).rejects.toThrow();
  const good = await RawStomp.connect(aa.ports.p2p, tls);
  good.close();
});

test('a peer that is deactivated live is cut off; its queue and what waits at it stay', async () => {
  const linkOf = (node: SwaptacularNode, peer: string) => node.sidecar.status().peers.find(({ id }) => id === peer);
  await until('the agent is connected', () => linkOf(ca, aa.id)?.phase === 'connected', SOON_MS);
  await writeFile(join(aa.authority, 'peers', ca.id, 'DEACTIVATED'), '');
  await until('the authority has no such peer', () => linkOf(aa, ca.id) === undefined, SOON_MS);
  await until('the agent is cut off', () => linkOf(ca, aa.id)?.phase === 'waiting', SOON_MS);
  await expect(RawStomp.connect(aa.ports.p2p, await ca.clientTls(aa.id))).rejects.toThrow();
  const before = aa.received.length;
  await ca.send(aa.id, { subject: 'PrepareTransfer', contentType: JSON_TYPE, body: prepare(9) });
  await aa.send(ca.id, { subject: 'PreparedTransfer', contentType: JSON_TYPE, body: prepared(9) });
  await until('it waits', () => (linkOf(ca, aa.id)?.queued ?? 0) === 1, SOON_MS);
  expect(aa.received).toHaveLength(before);
});
