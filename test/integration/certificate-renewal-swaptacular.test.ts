import { message as codec } from 'rhea';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readNodeMaterial } from '../../sidecar/control/node-material';
import { accountOf, preparedTransfer, prepareTransfer } from '../../sidecar/control/demo/swaptacular/demo-messages';
import { writeFileAtomic } from '../../sidecar/lib/atomic-file';
import { systemClock } from '../../sidecar/lib/clock';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { peerRole } from '../../sidecar/plan/roles';
import { ReferenceClient } from '../interop/reference-client/reference-client';
import { netmap } from './support/netmap';
import type { NodeAccess } from './support/node-access';
import { NodeOperations } from './support/node-operations';
import { NumberedSender } from './support/numbered-sender';
import { shownSerial } from './support/shown-serial';
import { PASSPHRASE, swaptacularTrio, type SwaptacularTrio } from './support/swaptacular-authorities';
import type { SwaptacularNode } from './support/swaptacular-node';
import { requestIn } from './support/transfers';
import { until } from './support/until';

jest.setTimeout(600_000);

const SOON_MS = 120_000;
const PER_SECOND = 100;
const TICK_MS = 50;
const AT = '2026-11-22T00:00:00Z';

let trio: SwaptacularTrio;
/** Of the agent, to the authority. */
let client: ReferenceClient;
/** The other way, by the authority's relay. */
let sender: NumberedSender;
/** Of the authority's broker, and of the agent's; they last, whatever becomes of certificates. */
let management: readonly [NodeOperations, NodeOperations];
let asked = 0;
let asking: NodeJS.Timeout;

beforeAll(async () => {
  trio = await swaptacularTrio();
  const { aa, ca, creditors } = trio;
  await Promise.all([aa.start(), ca.start()]);
  await Promise.all([aa.receive(), ca.receive()]);
  const account = accountOf(creditors, aa.id);
  const { key = '', cert = '', ca: trust } = await ca.clientTls(aa.id);
  client = new ReferenceClient({
    ...{ port: aa.ports.p2p, tls: { key, cert, ca: trust }, destination: '/exchange/accounts_in' },
    ...{ type: 'PrepareTransfer', bodyOf: (number) => prepareTransfer(account, number, AT) },
  });
  client.start();
  asking = setInterval(() => client.sendUpTo((asked += (PER_SECOND * TICK_MS) / 1_000)), TICK_MS);
  const access = await accessOf(aa);
  sender = new NumberedSender({
    ...{ access, to: cordaAddresses.peerQueue(ca.id), run: 'answers' },
    message: (number) => ({
      ...{ subject: 'PreparedTransfer', content_type: 'application/json' },
      body: codec.data_section(preparedTransfer(account, number, AT)) as unknown,
    }),
  });
  await sender.start();
  sender.sendSteadily(PER_SECOND);
  management = [new NodeOperations(access), new NodeOperations(await accessOf(ca))];
  await crossing(200);
}, 300_000);
afterAll(async () => {
  clearInterval(asking);
  client.stop();
  await Promise.all([sender, ...management].map((each) => each.close()));
  await trio.stop();
});

test('the command renews the certificate: who is connected stays, who comes is shown the new one, one relay takes over', async () => {
  const { aa, ca } = trio;
  const before = await connections();
  const old = await shownSerial(aa.ports.p2p);
  const { serial } = await renewed();
  expect(serial).not.toBe(old);
  await until('it is shown', async () => (await shownSerial(aa.ports.p2p)) === serial, SOON_MS);
  await until('at the other door, too', async () => (await shownSerial(aa.ports.node)) === serial, SOON_MS);
  await until('the relay has taken over', async () => (await connections()).out[0] !== before.out[0], SOON_MS);
  await crossing(200);
  const after = await connections();
  expect([after.in, client.lives]).toEqual([before.in, []]);
  expect([before.out, after.out]).toEqual([[expect.any(String)], [expect.any(String)]]);
  expect([aa.peer(ca.id), aa.sidecar.status().certificates]).toMatchObject([{ phase: 'connected' }, undefined]);
});

test('a wrong passphrase: the command says so, and nothing has changed', async () => {
  const { aa } = trio;
  const before = await state();
  const { exit, out } = await renew('not it');
  expect([exit, JSON.parse(out)]).toMatchObject([1, { error: { code: 'ROOT_KEY' } }]);
  await crossing(200);
  expect(await state()).toEqual(before);
  expect(aa.sidecar.status().certificates).toBeUndefined();
});

test.each<[string, string, (file: string) => Promise<void>]>([
  ['half of one', 'NODE_CHAIN', async (file) => writeFile(file, (await readFile(file, 'utf8')).slice(0, 400))],
  ['that of another node', 'NODE_NAME_MISMATCH', (file) => copyFile(join(trio.ca.authority, 'server.crt'), file)],
])('a server.crt that is bad, %s: all is as before, and status says why', async (_, code, spoil) => {
  const { aa } = trio;
  const before = await state();
  const file = join(aa.authority, 'server.crt');
  const good = await readFile(file, 'utf8');
  await spoil(file);
  const held = () => aa.sidecar.status().certificates?.held;
  await until('it is held', () => held() !== undefined, SOON_MS);
  expect(held()).toMatchObject({ code, message: expect.stringMatching(/server\.crt|server certificate/) as string });
  await crossing(200);
  expect({ ...(await state()), file: undefined }).toEqual({ ...before, file: undefined });
  await writeFileAtomic(file, good);
  await until('nothing is held', () => held() === undefined, SOON_MS);
  await crossing(200);
  expect(await state()).toEqual(before);
});

test('renewed twice, one right after the other: the last one is in use in the end', async () => {
  const { aa } = trio;
  const before = await connections();
  await renewed();
  const { serial } = await renewed();
  await until('it is shown', async () => (await shownSerial(aa.ports.p2p)) === serial, SOON_MS);
  await crossing(200);
  expect([(await connections()).in, client.lives]).toEqual([before.in, []]);
});

test('of all that was sent meanwhile nothing is lost, nothing came twice, both ways', async () => {
  const { aa, ca } = trio;
  clearInterval(asking);
  sender.stop();
  await until('all that was asked has come', () => came(aa, ca).length >= asked, SOON_MS);
  await until('all answers have come', () => came(ca, aa).length >= sender.sent, SOON_MS);
  expect(came(aa, ca)).toEqual(upTo(asked));
  expect(came(ca, aa)).toEqual(upTo(sender.sent));
  expect([client.confirmed, client.offences, client.lives]).toEqual([asked, [], []]);
  expect([sender.accepted, sender.refused, sender.connections]).toEqual([sender.sent, [], 1]);
  expect([aa, ca].map((node) => node.sidecar.status().deadLetters?.total ?? 0)).toEqual([0, 0]);
});

async function renew(passphrase: string) {
  const { aa } = trio;
  const file = join(aa.folder, 'passphrase');
  await writeFileAtomic(file, passphrase, { mode: 0o600 });
  return netmap([
    ...['certificates', 'renew', '--days', '90', '--passphrase-file', file],
    ...['--config', aa.configFile, '--json'],
  ]);
}

async function renewed(): Promise<{ readonly serial: string }> {
  const { exit, out } = await renew(PASSPHRASE);
  expect([exit, out]).toEqual([0, expect.stringContaining('serial')]);
  return JSON.parse(out) as { readonly serial: string };
}

/** What the authority's peer has open at the authority, and the authority at its peer. */
async function connections(): Promise<{ readonly in: readonly string[]; readonly out: readonly string[] }> {
  const { aa, ca } = trio;
  const [atAuthority, atAgent] = management;
  return { in: await connectionsOf(ca, atAuthority), out: await connectionsOf(aa, atAgent) };
}

async function connectionsOf({ id }: SwaptacularNode, operations: NodeOperations): Promise<string[]> {
  const sessions = await operations.sessions();
  return sessions.flatMap(({ validatedUser, connection }) => (validatedUser === peerRole(id) ? connection : [])).sort();
}

async function accessOf({ config, ports }: SwaptacularNode): Promise<NodeAccess> {
  const { nodeKey: key, nodeChain: chain } = (await readNodeMaterial(config, systemClock)).stores;
  return { address: { host: '127.0.0.1', port: ports.node }, key, chain };
}

/** Numbers of the transfers that have come there from the other, in order. */
function came({ id, received }: SwaptacularNode, from: SwaptacularNode): number[] {
  const address = cordaAddresses.ingress(id, from.id);
  return received.filter(({ to }) => to === address).map(({ body }) => requestIn(String(body)));
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

/** Of what must stay where a renewal fails. */
async function state() {
  const { aa } = trio;
  const file = await readFile(join(aa.authority, 'server.crt'), 'utf8');
  return { ...(await connections()), shown: await shownSerial(aa.ports.p2p), file };
}

async function crossing(more: number): Promise<void> {
  const { aa, ca } = trio;
  const counts = (): [number, number] => [came(aa, ca).length, came(ca, aa).length];
  const before = counts();
  const on = (): boolean => counts().every((count, at) => count >= (before[at] ?? 0) + more);
  await until('messages cross both ways', on, SOON_MS);
}
