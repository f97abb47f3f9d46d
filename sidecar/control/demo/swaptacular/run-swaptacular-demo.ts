import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deactivatePeer } from '../../../authority/change-peer';
import type { WireDelivery } from '../../../messaging/transport';
import { cordaAddresses } from '../../../plan/address-profile';
import { DemoError } from '../demo-error';
import { freePortRow } from '../free-ports';
import { prepare, type DemoOptions, type DemoResult } from '../run-demo';
import type { StepResult } from '../step';
import { DemoAgent } from './demo-agent';
import { exchangeCertificates, type Exchanged } from './demo-exchange';
import { accountOf, preparedTransfer, prepareTransfer, type Account } from './demo-messages';

const PORTS_EACH = 4;

/**
 * Two organisations of a Swaptacular network: certificates, brokers, messages both ways, refusals. However it ends, the
 * brokers have ended and the folder is gone, unless it is to be kept. Throws at the first step that is not as it should be.
 */
export async function runSwaptacularDemo(options: DemoOptions): Promise<DemoResult> {
  const { clock, keep, onBegin, signal } = options;
  const began = clock.now();
  const folder = await mkdtemp(join(tmpdir(), 'netmap-demo-'));
  const agents: DemoAgent[] = [];
  const stage = async <Found>(
    step: string,
    title: string,
    play: () => Promise<[Found, StepResult]>,
  ): Promise<Found> => {
    signal.throwIfAborted();
    onBegin(title);
    const at = clock.now();
    const [found, result] = await play();
    options.onStep({ step, title, tookMs: clock.now() - at, ...result });
    return found;
  };
  try {
    await stage('prepare', 'the stock broker and Java are at hand', async () => [undefined, await prepare(options)]);
    const port = await freePortRow(2 * PORTS_EACH, options.random);
    const ports = { authority: port, agent: port + PORTS_EACH };
    const exchanged = await stage('exchange', 'an accounting authority and a creditors agent become peers', () =>
      exchange(folder, ports, options),
    );
    const common = { folder, environment: options.environment, clock };
    const aa = new DemoAgent({ ...common, ...exchanged.authority, name: 'authority', port: ports.authority });
    const ca = new DemoAgent({ ...common, ...exchanged.agent, name: 'agent', port: ports.agent });
    agents.push(aa, ca);
    await stage('start', 'two stock brokers run, configured and proven', () => start(aa, ca, signal));
    const account = accountOf(exchanged.agent.subnet, exchanged.authority.subnet);
    await stage('messages', 'PrepareTransfer goes one way, PreparedTransfer comes back', () =>
      talk(aa, ca, account, options),
    );
    await stage('refusal', 'what the specification forbids never leaves the agent', () =>
      refuse(aa, ca, account, options),
    );
    await stage('deactivation', 'a peer that is deactivated is cut off at once', () => deactivate(aa, ca, options));
    return { folder, tookMs: clock.now() - began };
  } finally {
    onBegin('ending the nodes');
    await Promise.allSettled(agents.map((agent) => agent.stop()));
    if (!keep) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function exchange(
  folder: string,
  ports: { readonly authority: number; readonly agent: number },
  { clock }: DemoOptions,
): Promise<[Exchanged, StepResult]> {
  const exchanged = await exchangeCertificates(folder, ports, clock);
  const { authority, agent } = exchanged;
  const lines = [
    `accounting authority ${authority.id}, creditors agent ${agent.id}`,
    `info bundles verified, peer certificates signed and registered; subnet ${agent.subnet} is allotted`,
  ];
  return [exchanged, { lines, facts: { authority: authority.id, agent: agent.id, folder } }];
}

async function start(aa: DemoAgent, ca: DemoAgent, signal: AbortSignal): Promise<[undefined, StepResult]> {
  await Promise.all([aa.start(signal), ca.start(signal)]);
  for (const [node, other] of [
    [aa, ca],
    [ca, aa],
  ] as const)
    await node.until('the peer takes the connection', () => phaseOf(node, other) === 'connected');
  const lines = [aa, ca].map(({ options: { name, port } }) => `${name}: STOMP over TLS 1.3 on port ${port}`);
  return [undefined, { lines, facts: {} }];
}

async function talk(
  aa: DemoAgent,
  ca: DemoAgent,
  account: Account,
  { clock }: DemoOptions,
): Promise<[undefined, StepResult]> {
  const at = new Date(clock.now()).toISOString();
  await ca.send(aa.id, 'PrepareTransfer', prepareTransfer(account, 1, at));
  const asked = await aa.received('PrepareTransfer');
  expectFrom(asked, aa, ca, 'PrepareTransfer');
  await aa.send(ca.id, 'PreparedTransfer', preparedTransfer(account, 1, at));
  const answer = await ca.received('PreparedTransfer');
  expectFrom(answer, ca, aa, 'PreparedTransfer');
  const line = (node: DemoAgent, { subject, to }: WireDelivery): string =>
    `${node.options.name} got ${subject} from ${cordaAddresses.senderOf(to)}`;
  return [undefined, { lines: [line(aa, asked), line(ca, answer)], facts: { messages: 2 } }];
}

async function refuse(
  aa: DemoAgent,
  ca: DemoAgent,
  account: Account,
  { clock }: DemoOptions,
): Promise<[undefined, StepResult]> {
  const at = new Date(clock.now()).toISOString();
  await ca.send(aa.id, 'PrepareTransfer', Buffer.from('{"type":"PrepareTransfer"}'));
  await ca.send(aa.id, 'PrepareTransfer', prepareTransfer({ ...account, creditor: '7' }, 2, at));
  await ca.send(aa.id, 'PrepareTransfer', prepareTransfer(account, 3, at));
  expectFrom(await aa.received('the good message'), aa, ca, 'PrepareTransfer');
  const dead = (): number => ca.sidecar.status().deadLetters?.total ?? 0;
  await ca.until('two dead letters', () => dead() === 2);
  const lines = ['of three messages one went out; one without fields and one of a foreign creditor are dead letters'];
  return [undefined, { lines, facts: { deadLetters: dead() } }];
}

async function deactivate(aa: DemoAgent, ca: DemoAgent, { clock }: DemoOptions): Promise<[undefined, StepResult]> {
  const began = clock.now();
  await deactivatePeer(aa.options.authority, ca.id, clock);
  await ca.until('the agent is cut off', () => phaseOf(ca, aa) === 'waiting');
  const tookMs = clock.now() - began;
  return [undefined, { lines: [`its connection was closed after ${tookMs} ms`], facts: { tookMs } }];
}

function phaseOf(node: DemoAgent, other: DemoAgent): string | undefined {
  return node.sidecar.status().peers.find(({ id }) => id === other.id)?.phase;
}

function expectFrom({ to, subject }: WireDelivery, at: DemoAgent, from: DemoAgent, type: string): void {
  if (to === cordaAddresses.ingress(at.id, from.id) && subject === type) return;
  throw new DemoError('DEMO_WRONG', `${at.options.name} got ${subject} by ${to} instead of ${type} from ${from.id}`);
}
