import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WireDelivery } from '../../sidecar/messaging/transport';
import { swaptacularPair, type SwaptacularNode } from './support/swaptacular-node';
import { until } from './support/until';

jest.setTimeout(300_000);

const SOON_MS = 60_000;
const JSON_TYPE = 'application/json';
/** Creditor 7, as the agent calls him, and as the authority does, which has allotted the subnet 0000a7. */
const OURS = '1099511627783';
const THEIRS = '183618441838599';
const DEBTOR = '1311862288428302341';

let aa: SwaptacularNode;
let ca: SwaptacularNode;
let stop: () => Promise<void> = async () => undefined;

beforeAll(async () => {
  ({ aa, ca, stop } = await swaptacularPair());
  await writeFile(join(aa.authority, 'peers', ca.id, 'subnet.txt'), '0000a7\n');
  await writeFile(join(ca.authority, 'peers', aa.id, 'masq-subnet.txt'), '0000a7\n');
  await Promise.all([aa.start(), ca.start()]);
  await Promise.all([aa.receive(), ca.receive()]);
});
afterAll(() => stop());

/** Written as nobody writes it, to see that the rest stays. */
const prepare = (creditor: string): Buffer =>
  Buffer.from(
    `{ "type":"PrepareTransfer","debtor_id":${DEBTOR}, "creditor_id" :${creditor},"coordinator_type":"direct",` +
      `"coordinator_id":${creditor},"coordinator_request_id":7,"min_locked_amount":1,"max_locked_amount":9,` +
      `"recipient":"${OURS}","final_interest_rate_ts":"9999-12-31T23:59:59Z","max_commit_delay":1000,"ts":"2026-11-22T00:00:00Z"}\n`,
  );
const purge = (creditor: string): Buffer =>
  Buffer.from(
    `{"type":"AccountPurge","debtor_id":${DEBTOR},"creditor_id": ${creditor} ,"creation_date":"2026-01-01","ts":"2026-11-22T00:00:00Z"}`,
  );
/** The recipient is a text, and no ID. */
const translated = String(prepare(THEIRS));

test('an agent whose authority calls its creditors by other IDs: each side reads its own, and nothing else in the body changes', async () => {
  await ca.send(aa.id, { subject: 'PrepareTransfer', contentType: JSON_TYPE, body: prepare(OURS) });
  await until('it has come', () => aa.received.length > 0, SOON_MS);
  const [asked] = aa.received as [WireDelivery];
  expect(String(asked.body)).toBe(translated);
  expect(asked.properties).toMatchObject({ 'creditor-id': THEIRS, 'coordinator-id': THEIRS, 'debtor-id': DEBTOR });

  await aa.send(ca.id, { subject: 'AccountPurge', contentType: JSON_TYPE, body: purge(THEIRS) });
  await until('the answer has come', () => ca.received.length > 0, SOON_MS);
  const [answer] = ca.received as [WireDelivery];
  expect(answer.body).toEqual(purge(OURS));
  expect(answer.properties).toMatchObject({ 'creditor-id': OURS, 'ca-creditors': 'false', 'ca-trade': 'true' });
});

test('who writes the IDs of the other side gets his message back as a dead letter, as he has written it', async () => {
  const [before, atAgent, atAuthority] = [aa.received.length, deadAt(ca), deadAt(aa)];
  await ca.send(
    aa.id,
    { subject: 'PrepareTransfer', contentType: JSON_TYPE, body: prepare(THEIRS) },
    { subject: 'PrepareTransfer', contentType: JSON_TYPE, body: prepare(OURS) },
  );
  await aa.send(ca.id, { subject: 'AccountPurge', contentType: JSON_TYPE, body: purge(OURS) });
  await until('the good one has come', () => aa.received.length > before, SOON_MS);
  await until('each has a dead letter', () => deadAt(ca) > atAgent && deadAt(aa) > atAuthority, SOON_MS);
  expect([deadAt(ca) - atAgent, deadAt(aa) - atAuthority, aa.received.length - before]).toEqual([1, 1, 1]);
  const reasons = [...ca.log, ...aa.log].flatMap((line) => (JSON.parse(line) as { reason?: string }).reason ?? []);
  expect(reasons).toContain('Invalid creditor ID: 0x0000a70000000007.');
  expect(reasons).toContain('Invalid creditor ID: 0x0000010000000007.');
});

const deadAt = (node: SwaptacularNode): number => node.sidecar.status().deadLetters?.total ?? 0;
