import { randomBytes } from 'node:crypto';
import type { AwaitableSender, Connection } from 'rhea-promise';
import { openAmqp } from '../../sidecar/broker/amqp/open-amqp';
import { parseCertificates } from '../../sidecar/certificates/certificate';
import type { Credential } from '../../sidecar/dev-network/credential';
import { settingsAt } from '../../sidecar/dev-network/dev-network';
import { issueAuthority } from '../../sidecar/dev-network/issue-corda';
import { systemClock } from '../../sidecar/lib/clock';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { SYSTEM_USERS } from '../../sidecar/plan/roles';
import { issueList } from '../interop/revocation/issue-list';
import { Collector } from './support/collector';
import { ListServer } from './support/list-server';
import { startTestNetwork, type TestNetwork, type TestNode } from './support/node';
import { nodeAccess } from './support/node-access';
import { until } from './support/until';

const LIVE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Until the lists end in the test of that: long enough for both nodes to have read them. */
const SHORT_MS = 15_000;
const DOORMAN = '/doorman.crl';
const ROOT = '/root.crl';

jest.setTimeout(300_000);

let server: ListServer;
let network: TestNetwork;
/** Its lists may fail to come. */
let soft: TestNode;
/** It lets in nobody of whom there is no current list. */
let hard: TestNode;
/** Whose node CA is revoked; it does not run, but connects. */
let peer: TestNode;
/** Applications of both. */
let inboxes: readonly Collector[];
let connections: Connection[] = [];
let sent = 0;

beforeAll(async () => {
  server = await ListServer.open();
  network = await startTestNetwork({
    nodes: [
      { name: 'O=Soft,L=London,C=GB', alias: 'soft' },
      { name: 'O=Hard,L=Paris,C=FR', alias: 'hard' },
      { name: 'O=Peer,L=Rome,C=IT', alias: 'peer' },
    ],
    start: [],
    configure: (config, alias) => ({
      ...config,
      certificates: {
        ...config.certificates,
        revocation: {
          lists: [{ url: server.url(DOORMAN) }, { url: server.url(ROOT) }],
          failure: alias === 'hard' ? 'hard' : 'soft',
          refreshSeconds: 1,
        },
      },
    }),
  });
  [soft, hard, peer] = [network.node('soft'), network.node('hard'), network.node('peer')];
  serve();
  await Promise.all([soft.start(), hard.start()]);
  inboxes = await Promise.all([soft, hard].map(async (node) => new Collector(await nodeAccess(node.dev), node.id)));
  await Promise.all(inboxes.map((inbox) => inbox.start()));
});
afterAll(async () => {
  await Promise.all([...connections, ...inboxes].map((each) => each.close().catch(() => undefined)));
  await network.stop();
  await server.close();
});

test('a peer of whom no list tells is let in, and what it sends lands', async () => {
  for (const node of [soft, hard]) await lands(await come(node), node);
});

test('a list that nobody of the network has signed is parked, and the good one before it stays in use', async () => {
  const stranger = issueAuthority(settingsAt(systemClock, randomBytes));
  serve({ revoked: [nodeCaOf(peer)], by: stranger.doorman });
  for (const node of [soft, hard]) {
    await until('it is parked', () => codeOf(node, server.url(DOORMAN)) !== undefined, LIVE_MS);
    expect(codeOf(node, server.url(DOORMAN))).toBe('REVOCATION_LIST_UNTRUSTED');
    expect(knowsPeer(node)).toBe(true);
    await lands(await come(node), node);
  }
  serve();
  for (const node of [soft, hard])
    await until('nothing is parked', () => node.sidecar.status().map.parked.length === 0, LIVE_MS);
});

test('its node CA is revoked: what it has open carries nothing any more, and it is let in no more', async () => {
  const open = await Promise.all([soft, hard].map((node) => come(node)));
  for (const [index, node] of [soft, hard].entries()) await lands(open[index] as AwaitableSender, node);
  serve({ revoked: [nodeCaOf(peer)] });
  for (const [index, node] of [soft, hard].entries()) {
    await until('it is off the map', () => !knowsPeer(node), LIVE_MS);
    await until('it is refused', async () => (await codeOfLogin(node)) === 'ACCESS_LOGIN', LIVE_MS);
    const arrived = inboxOf(node).of(peer.id).numbers.length;
    await expect(send(open[index] as AwaitableSender)).rejects.toThrow();
    expect(inboxOf(node).of(peer.id).numbers).toHaveLength(arrived);
  }
});

test('the list cannot be had: who is revoked stays so, at a start anew, too', async () => {
  server.isDown = true;
  for (const node of [soft, hard]) {
    await until('it is told', () => codeOf(node, server.url(DOORMAN)) === 'REVOCATION_LIST_UNREACHABLE', LIVE_MS);
    expect([knowsPeer(node), await codeOfLogin(node)]).toEqual([false, 'ACCESS_LOGIN']);
  }
  await soft.stop();
  await soft.start();
  expect([knowsPeer(soft), await codeOfLogin(soft)]).toEqual([false, 'ACCESS_LOGIN']);
  server.isDown = false;
  serve();
  for (const node of [soft, hard]) {
    await until('it is let in again', async () => (await codeOfLogin(node)) === 'let in', LIVE_MS);
    await lands(await come(node), node);
  }
});

test('no list can be had until the last have ended: soft goes on, hard lets in nobody until there is one', async () => {
  serve({ endsIn: SHORT_MS });
  const asked = server.requests;
  await until('both have them', () => server.requests > asked + 8, LIVE_MS);
  server.isDown = true;
  await until('hard knows nobody', () => hard.sidecar.status().peers.length === 0, LIVE_MS);
  await until('hard lets nobody in', async () => (await codeOfLogin(hard)) === 'ACCESS_LOGIN', LIVE_MS);
  expect(hard.sidecar.status().map.parked.map(({ code }) => code)).toContain('REVOCATION_UNKNOWN');
  expect(soft.sidecar.status().peers).toHaveLength(2);
  await lands(await come(soft), soft);
  server.isDown = false;
  serve();
  await until('hard lets it in again', async () => (await codeOfLogin(hard)) === 'let in', LIVE_MS);
  expect(hard.sidecar.status().peers).toHaveLength(2);
  await lands(await come(hard), hard);
});

interface Served {
  readonly revoked?: readonly string[];
  readonly by?: Credential;
  readonly endsIn?: number;
}

/** Has the server give these lists from now on. */
function serve({ revoked = [], by = network.network.doorman, endsIn = HOUR_MS }: Served = {}): void {
  const now = Date.now();
  const times = { thisUpdate: now, nextUpdate: now + endsIn };
  server.lists.set(DOORMAN, issueList(by, { serials: revoked, ...times }));
  server.lists.set(ROOT, issueList(network.network.root, { serials: [], ...times }));
}

function nodeCaOf({ chain }: TestNode): string {
  return parseCertificates(chain)[1]?.serial ?? '';
}

function inboxOf(node: TestNode): Collector {
  return inboxes[node === soft ? 0 : 1] as Collector;
}

function knowsPeer(node: TestNode): boolean {
  return node.sidecar.status().peers.some(({ id }) => id === peer.id);
}

function codeOf(node: TestNode, origin: string): string | undefined {
  return node.sidecar.status().map.parked.find((each) => each.origin === origin)?.code;
}

/** A connection as the peer's broker has it, with the link for what it sends. */
async function come(node: TestNode): Promise<AwaitableSender> {
  const connection = await openAmqp({
    address: { host: '127.0.0.1', port: node.dev.ports.p2p },
    ...{ user: SYSTEM_USERS.peer, password: SYSTEM_USERS.peer, timeoutMs: 10_000 },
    tls: { key: peer.key, chain: peer.chain, verify: () => undefined },
  });
  connections = [...connections, connection];
  return connection.createAwaitableSender({ target: { address: cordaAddresses.ingress(node.id, peer.id) } });
}

async function codeOfLogin(node: TestNode): Promise<string> {
  try {
    await (await come(node)).close();
    return 'let in';
  } catch (error) {
    return (error as { readonly code: string }).code;
  }
}

async function send(sender: AwaitableSender): Promise<number> {
  sent += 1;
  const number = sent;
  await sender.send({ durable: true, body: 'x', application_properties: { run: peer.id, number } });
  return number;
}

async function lands(sender: AwaitableSender, node: TestNode): Promise<void> {
  const number = await send(sender);
  await until('it has landed', () => inboxOf(node).of(peer.id).numbers.includes(number), LIVE_MS);
}
