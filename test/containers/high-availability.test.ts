import { randomBytes } from 'node:crypto';
import { until } from '../integration/support/until';
import { ComposeProject } from './compose-project';
import { report } from './container-use';
import { documentedCommands } from './documented-commands';
import { describeWithEngine } from './engine';
import { pairsOf, sendTogether, TrafficClient, type Pair } from './traffic-client';

const PER_SECOND = 200;
/** Of each way, before a broker is killed. */
const FLOWING = 500;
const HEAL_MS = 120_000;

describeWithEngine('two brokers with one store by docker compose', () => {
  const name = `netmap-ha-${randomBytes(4).toString('hex')}`;
  const project = new ComposeProject(name, 'deploy/compose/high-availability/docker-compose.yml');
  const [up = '', status = '', kill = '', start = '', down = ''] = documentedCommands('Two brokers with one store');
  let clients: TrafficClient[] = [];

  beforeAll(async () => {
    await project.build();
    await project.asWritten(up);
    clients = await Promise.all(['party-a', 'party-b'].map((party) => TrafficClient.of(project, party)));
  }, 900_000);
  afterAll(() => project.down(), 120_000);

  test('one serves, the other waits with its doors closed and is ready', async () => {
    const states = await Promise.all([1, 2].map(stateOf));
    expect(states.map(({ ready }) => ready)).toEqual([true, true]);
    expect(states.map(({ standby }) => standby ?? false).sort()).toEqual([false, true]);
  });

  test('the page’s command shows how it is', async () => {
    expect(await project.asWritten(of(status, await serving()))).toMatch(/^broker +attached, ready/m);
  });

  test('kill -9 of the one that serves under load: the other takes over, is killed itself, and nothing is lost or doubled', async () => {
    await sendTogether(clients, PER_SECOND);
    const first = await serving();
    await takeOver(first, 3 - first);
    // The one that was killed is started again: it waits now.
    await project.asWritten(of(start, first));
    await until('who was killed waits', async () => (await stateOf(first)).standby === true, HEAL_MS);
    await takeOver(3 - first, first);
    await project.asWritten(of(start, 3 - first));

    await sendTogether(clients, 0);
    await until(
      'all that was sent has come in',
      async () => (await pairsOf(clients)).every(({ stored, count }) => count >= stored),
      HEAL_MS,
    ).catch(async (error: unknown) => {
      throw new Error(JSON.stringify(await pairsOf(clients)), { cause: error });
    });
    const pairs = await pairsOf(clients);
    report(`${pairs.reduce((sum, { count }) => sum + count, 0)} messages over two takeovers`);
    expect(pairs).toHaveLength(2);
    expect(pairs.map(({ count, highest }) => [count, highest])).toEqual(pairs.map(({ stored }) => [stored, stored]));
    expect(pairs.filter(({ doubled, wrongSender }) => doubled > 0 || wrongSender > 0)).toEqual([]);
  }, 600_000);

  test('down -v leaves nothing', async () => {
    await project.asWritten(down);
    expect(await project.remains()).toEqual([]);
  }, 120_000);

  /** Kills the broker that serves (-9), and resolves when messages go both ways by the other. */
  async function takeOver(active: number, standby: number): Promise<void> {
    const flowing = await pairsOf(clients);
    await until('messages flow', async () => advanced(flowing, await pairsOf(clients), FLOWING), HEAL_MS);
    const broker = await brokerOf(active);
    // By the engine's own hand, which does not start it anew.
    await project.asWritten(of(kill, active));
    const began = Date.now();
    await until('the other serves', () => serves(standby), HEAL_MS);
    const served = Date.now() - began;
    // What was under way when it died has come in by now, or comes by the other.
    const before = await pairsOf(clients);
    await until('messages go both ways', async () => advanced(before, await pairsOf(clients), 1), HEAL_MS);
    report(
      `broker ${standby} serves ${served} ms after kill -9 of broker ${active}; both ways: ${Date.now() - began} ms`,
    );
    expect((await broker.inspect()).State.Running).toBe(false);
  }

  /** The page shows it for the first of the two. */
  function of(line: string, number: number): string {
    return line.replace('party-a-1', `party-a-${number}`);
  }

  async function serving(): Promise<number> {
    return (await serves(1)) ? 1 : 2;
  }

  async function serves(number: number): Promise<boolean> {
    const { ready, standby } = await stateOf(number);
    return ready && standby !== true;
  }

  function brokerOf(number: number) {
    return project.container(`party-a-${number}-broker`);
  }

  /** As its sidecar sees it. */
  async function stateOf(number: number): Promise<{ readonly ready: boolean; readonly standby?: boolean }> {
    const { host, port } = await project.publishedPort(`party-a-${number}-sidecar`, 9100);
    return (await (await fetch(`http://${host}:${port}/health/ready`)).json()) as { ready: boolean; standby?: boolean };
  }
});

function advanced(before: readonly Pair[], now: readonly Pair[], more: number): boolean {
  return before.every(({ from, to, highest }) =>
    now.some((pair) => pair.from === from && pair.to === to && pair.highest >= highest + more),
  );
}
