import type { ContainerInspectInfo } from 'dockerode';
import { randomBytes } from 'node:crypto';
import { delay, systemClock } from '../../sidecar/lib/clock';
import { until } from '../integration/support/until';
import { ComposeProject } from './compose-project';
import { FAULTS, strike, type Fault } from './container-faults';
import { report, usageOf, usageText } from './container-use';
import { documentedCommands } from './documented-commands';
import { describeWithEngine } from './engine';
import { pairsOf, sendTogether, TrafficClient, type Pair } from './traffic-client';

const PER_SECOND = 200;
const MEASURE_MS = 20_000;
const FAULT_MS = 5_000;
const HEAL_MS = 120_000;
/** The kinds of fault go round the organisations, so that each kind hits each kind of container. */
const TARGETS: Readonly<Record<Fault, readonly string[]>> = {
  killed: ['party-a-broker', 'party-b-sidecar', 'map-service'],
  paused: ['party-b-broker', 'party-c-sidecar', 'map-service'],
  'cut off': ['party-c-broker', 'party-a-sidecar', 'map-service'],
  stopped: ['party-a-broker', 'party-b-sidecar', 'map-service'],
};

describeWithEngine('three organisations by docker compose', () => {
  const project = new ComposeProject(`netmap-test-${randomBytes(4).toString('hex')}`);
  const page = documentedCommands('With docker compose');
  const [up = '', logs = '', status = '', send = '', receive = '', fourth = '', down = ''] = page;
  let clients: TrafficClient[] = [];
  let startedAt = 0;

  beforeAll(async () => {
    await project.build();
    startedAt = Date.now();
    await project.asWritten(up);
    clients = await clientsOf('party-a', 'party-b', 'party-c');
  }, 900_000);
  afterAll(() => project.down(), 120_000);

  function clientsOf(...parties: readonly string[]): Promise<TrafficClient[]> {
    return Promise.all(parties.map((party) => TrafficClient.of(project, party)));
  }

  test('messages cross all pairs, each with its true sender', async () => {
    const pairs = await pairsOf(clients);
    expect(pairs.map(({ from, to }) => `${organisation(from)} to ${organisation(to)}`).sort()).toEqual([
      ...['Party A to Party B', 'Party A to Party C', 'Party B to Party A', 'Party B to Party C'],
      ...['Party C to Party A', 'Party C to Party B'],
    ]);
    expect(pairs.every(({ count }) => count > 0)).toBe(true);
    expect(faultyOf(pairs)).toEqual([]);
    const first = Math.min(...pairs.map(({ firstAt }) => firstAt));
    const all = Math.max(...pairs.map(({ firstAt }) => firstAt));
    report(`from compose up to the first message ${seconds(first)}, to one of each pair ${seconds(all)}`);
  });

  test('the page’s commands show what goes on, send a message and receive it', async () => {
    expect(page).toHaveLength(7);
    // It follows for ever: it ends with its reader.
    expect(await project.asWritten(`${logs.replace(/ *#.*$/, '')} | head -n 3`)).toMatch(/^party-a-traffic-1 .*sent/m);
    expect(await project.asWritten(status)).toMatch(/^broker +attached, ready/m);
    expect(await project.asWritten(send)).toContain(
      '1 of 1 messages of 5 bytes for O=Party B, L=New York, C=US stored',
    );
    const received = await project.asWritten(receive);
    expect(received).toContain('O=Party A, L=London, C=GB');
    expect(received).toContain('hello');
  }, 120_000);

  test('nobody has more rights or ways than he needs', async () => {
    const services = ['broker', 'sidecar', 'traffic'].map((part) => `party-a-${part}`);
    for (const service of [...services, 'map-service']) {
      const { HostConfig, NetworkSettings, Config } = await project.inspect(service);
      expect([service, HostConfig.ReadonlyRootfs, HostConfig.CapDrop, HostConfig.Privileged]).toEqual([
        ...[service, true, ['ALL'], false],
      ]);
      expect(HostConfig.SecurityOpt).toEqual(['no-new-privileges:true']);
      expect(HostConfig.RestartPolicy).toMatchObject({ Name: 'unless-stopped' });
      // The broker's image names its user.
      expect(['1001:1001', 'artemis']).toContain(Config.User);
      expect(hostsOf(NetworkSettings).filter((host) => host !== '127.0.0.1')).toEqual([]);
    }
    const { Config } = await project.inspect('party-a-broker');
    expect(Config.Image).toBe('apache/artemis:2.56.0');
  });

  test('the doors for the own node and for RPC are in the own network alone', async () => {
    // From a container that is in the own network and in that of all.
    const script = (host: string, port: number): string =>
      `require('node:net').connect(${port}, '${host}').setTimeout(3000)
        .on('connect', () => process.exit(0)).on('error', () => process.exit(1)).on('timeout', () => process.exit(2))`;
    const tries = (host: string, port: number): Promise<number> =>
      exec('party-a-sidecar', 'node', '-e', script(host, port));
    const doors = [10_002, 10_003, 10_004, 10_005];
    const open = async (host: string): Promise<number[]> => {
      const found: number[] = [];
      for (const port of doors) if ((await tries(host, port)) === 0) found.push(port);
      return found;
    };
    expect(await open('broker')).toEqual(doors);
    expect(await open('party-b')).toEqual([10_002]);
  });

  test('what the sidecar takes, idle and with 200 messages a second', async () => {
    await sendTogether(clients, 0);
    await settled();
    report(`sidecar idle: ${await measured('party-a-sidecar')}; broker: ${await measured('party-a-broker')}`);
    await sendTogether(clients, PER_SECOND);
    const before = total(await pairsOf(clients));
    const began = Date.now();
    const [sidecar, broker] = await Promise.all([measured('party-a-sidecar'), measured('party-a-broker')]);
    const rate = ((total(await pairsOf(clients)) - before) * 1000) / (Date.now() - began);
    report(`sidecar at ${rate.toFixed(0)} messages a second: ${sidecar}; broker: ${broker}`);
    expect(rate).toBeGreaterThan(PER_SECOND / 2);
  }, 180_000);

  describe.each(FAULTS)('%s under load', (fault) => {
    test.each(TARGETS[fault])(
      '%s: it heals by itself, and all goes on',
      async (service) => {
        await sendTogether(clients, PER_SECOND);
        const container = await project.container(service);
        await strike(container, fault, FAULT_MS);
        const struckAt = Date.now();
        await until(
          `${service} is healthy`,
          async () => (await container.inspect()).State.Health?.Status === 'healthy',
          HEAL_MS,
        );
        const before = await pairsOf(clients);
        await until('messages cross all pairs', async () => advanced(before, await pairsOf(clients)), HEAL_MS);
        report(`${service} ${fault}: all pairs go on ${((Date.now() - struckAt) / 1000).toFixed(1)} s after it`);
      },
      300_000,
    );
  });

  test('a fourth organisation joins under load', async () => {
    const began = Date.now();
    await project.asWritten(fourth);
    clients = await clientsOf('party-a', 'party-b', 'party-c', 'party-d');
    await sendTogether(clients, PER_SECOND);
    await until(
      'messages cross all pairs',
      async () => {
        const pairs = await pairsOf(clients);
        return pairs.length === 12 && pairs.every(({ count }) => count > 0);
      },
      HEAL_MS,
    );
    report(`a fourth organisation has joined after ${((Date.now() - began) / 1000).toFixed(1)} s`);
  }, 600_000);

  test('after all of that no message is lost, and none is there twice', async () => {
    await sendTogether(clients, 0);
    await settled();
    const pairs = await pairsOf(clients);
    const again = pairs.reduce((sum, { cameAgain }) => sum + cameAgain, 0);
    report(`${total(pairs)} messages; given out again after lost connections: ${again}`);
    expect(faultyOf(pairs)).toEqual([]);
    expect(pairs.map(({ count, highest }) => [count, highest])).toEqual(pairs.map(({ stored }) => [stored, stored]));
  }, 300_000);

  test('a sidecar that is stopped ends in good order', async () => {
    const container = await project.container('party-a-sidecar');
    await container.stop();
    const { State } = await container.inspect();
    expect(State).toMatchObject({ ExitCode: 0, OOMKilled: false });
  }, 60_000);

  test('down -v leaves nothing', async () => {
    await project.asWritten(down);
    expect(await project.remains()).toEqual([]);
  }, 120_000);

  async function measured(service: string): Promise<string> {
    const container = await project.container(service);
    const before = await usageOf(container);
    await delay(systemClock, MEASURE_MS);
    return usageText(before, await usageOf(container));
  }

  async function exec(service: string, ...Cmd: string[]): Promise<number> {
    const run = await (await project.container(service)).exec({ Cmd, AttachStdout: true, AttachStderr: true });
    const stream = await run.start({});
    await new Promise((resolve) => stream.on('end', resolve).resume());
    return (await run.inspect()).ExitCode ?? -1;
  }

  /** Until all that was sent is stored and has come in; nobody sends any more. */
  async function settled(): Promise<void> {
    await until(
      'all that was sent has come in',
      async () => {
        const pairs = await pairsOf(clients);
        return pairs.every(({ stored, underWay, count }) => underWay === 0 && count >= stored);
      },
      HEAL_MS,
    ).catch(async (error: unknown) => {
      throw new Error(JSON.stringify(await pairsOf(clients)), { cause: error });
    });
  }

  function seconds(at: number): string {
    return `${((at - startedAt) / 1000).toFixed(1)} s`;
  }
});

function total(pairs: readonly Pair[]): number {
  return pairs.reduce((sum, { count }) => sum + count, 0);
}

/** Each pair has got more than it had. */
function advanced(before: readonly Pair[], now: readonly Pair[]): boolean {
  return before.every(({ from, to, highest }) =>
    now.some((pair) => pair.from === from && pair.to === to && pair.highest > highest),
  );
}

/** Pairs of which a message was stored twice or came from somebody else. */
function faultyOf(pairs: readonly Pair[]): Pair[] {
  return pairs.filter(({ doubled, wrongSender }) => doubled > 0 || wrongSender > 0);
}

function organisation(name: string): string {
  return /^O=([^,]+)/.exec(name)?.[1] ?? name;
}

function hostsOf({ Ports }: ContainerInspectInfo['NetworkSettings']): string[] {
  return Object.values(Ports as Readonly<Record<string, readonly { HostIp: string }[] | null>>).flatMap((published) =>
    (published ?? []).map(({ HostIp }) => HostIp),
  );
}
