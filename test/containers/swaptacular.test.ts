import { randomBytes } from 'node:crypto';
import { accountOf, preparedTransfer, prepareTransfer } from '../../sidecar/control/demo/swaptacular/demo-messages';
import { ComposeProject } from './compose-project';
import { strike } from './container-faults';
import { report } from './container-use';
import { documentedCommands } from './documented-commands';
import { describeWithEngine } from './engine';

const MESSAGES = 300;
const PER_SECOND = 60;
const HEAL_MS = 120_000;
/** No message for so long, and all have come, seconds. */
const QUIET_SECONDS = '5';
/** Not confirmed when a connection ends, and sent again: frames of STOMP have no ID by which a broker could know them. */
const WINDOW = 100;
const AT = '2026-11-22T00:00:00Z';

interface Side {
  readonly sidecar: string;
  readonly network: string;
  readonly peer: string;
  readonly type: string;
  readonly body: (request: number) => Buffer;
}

describeWithEngine('a Swaptacular pair by docker compose', () => {
  const name = `netmap-pair-${randomBytes(4).toString('hex')}`;
  const project = new ComposeProject(name, 'deploy/compose/swaptacular/docker-compose.yml');
  const [up = '', status = '', list = '', down = ''] = documentedCommands('A Swaptacular pair');
  let sides: readonly [Side, Side];

  beforeAll(async () => {
    await project.build();
    const began = Date.now();
    await project.asWritten(up);
    report(`the pair is healthy after ${((Date.now() - began) / 1000).toFixed(1)} s`);
    const [aa, ca, subnets] = await Promise.all([
      said('aa-sidecar', 'cat', 'authority/db/nodeid'),
      said('ca-sidecar', 'cat', 'authority/db/nodeid'),
      said('aa-sidecar', 'ls', 'authority/db/subnets/creditors'),
    ]);
    const account = accountOf(/^[0-9a-f]{6}$/m.exec(subnets)?.[0] ?? '', aa);
    sides = [
      {
        sidecar: 'aa-sidecar',
        network: 'aa',
        peer: ca,
        type: 'PreparedTransfer',
        body: (request) => preparedTransfer(account, request, AT),
      },
      {
        sidecar: 'ca-sidecar',
        network: 'ca',
        peer: aa,
        type: 'PrepareTransfer',
        body: (request) => prepareTransfer(account, request, AT),
      },
    ];
  }, 900_000);
  afterAll(() => project.down(), 120_000);

  test('nobody has more rights than he needs', async () => {
    for (const service of ['aa-broker', 'aa-sidecar', 'ca-broker', 'ca-sidecar']) {
      const { HostConfig } = await project.inspect(service);
      expect([HostConfig.ReadonlyRootfs, HostConfig.CapDrop, HostConfig.Privileged]).toEqual([true, ['ALL'], false]);
    }
  });

  test('the page’s commands show the pair', async () => {
    expect(await project.asWritten(status)).toMatch(/^broker +attached, ready/m);
    expect(await project.asWritten(list)).toContain(sides[1].peer);
  });

  test('messages go both ways, each once', async () => {
    await sent(1);
    expect(await haveCome(1)).toBe(0);
  }, 180_000);

  test.each([
    ['ca-broker', 1_001],
    ['aa-sidecar', 2_001],
  ])(
    '%s is killed under load: it heals by itself, and nothing is lost',
    async (service, first) => {
      const container = await project.container(service);
      let sending: Promise<void> = Promise.resolve();
      const begun = new Promise<void>((resolve) => {
        sending = sent(first, resolve);
      });
      await Promise.race([begun, sending]);
      await strike(container, 'killed', 0);
      const began = Date.now();
      await project.healthy(service, HEAL_MS);
      const seconds = ((Date.now() - began) / 1000).toFixed(1);
      await sending;
      const again = await haveCome(first);
      report(`${service} killed: healthy ${seconds} s after it; ${again} of ${2 * MESSAGES} messages came again`);
      expect(again).toBeLessThanOrEqual(WINDOW);
    },
    300_000,
  );

  test('down -v leaves nothing', async () => {
    await project.asWritten(down);
    expect(await project.remains()).toEqual([]);
  }, 120_000);

  /** Each sends so many numbers to the other, counting from `first`; `onBegun` is called when both are at it. */
  async function sent(first: number, onBegun: () => void = () => undefined): Promise<void> {
    const begun = new Set<string>();
    await Promise.all(
      sides.map(async ({ sidecar, network, peer, type, body }) => {
        const lines = numbersFrom(first).map((number) => `${body(number).toString()}\n`);
        const rate = ['--content-type', 'application/json', '--lines', '--rate', String(PER_SECOND)];
        const send = ['send', '--to', peer, '--property', `type=${type}`, ...rate];
        // Not in the sidecar's container, which may be killed.
        const { code, stderr } = await project.beside([sidecar, network], send, lines.join(''), (text) => {
          if (/\d+ messages/.test(text)) begun.add(sidecar);
          if (begun.size === sides.length) onBegun();
        });
        expect([code, stderr]).toEqual([0, expect.any(String)]);
      }),
    );
  }

  /** All have come, and nothing else; resolves to how many came again, in all. */
  async function haveCome(first: number): Promise<number> {
    const again = sides.map(async ({ sidecar }) => {
      const { stdout } = await project.exec(sidecar, ['netmap', 'receive', '--json', '--timeout', QUIET_SECONDS]);
      const numbers = stdout.trimEnd().split('\n').map(numberOf);
      expect([...new Set(numbers)].sort((a, b) => a - b)).toEqual(numbersFrom(first));
      return numbers.length - MESSAGES;
    });
    return (await Promise.all(again)).reduce((sum, one) => sum + one, 0);
  }

  async function said(service: string, ...command: string[]): Promise<string> {
    return (await project.exec(service, command)).stdout.trim();
  }
});

/** Of a message as `netmap receive --json` shows it. */
function numberOf(line: string): number {
  return Number(/"coordinator_request_id":(\d+)/.exec((JSON.parse(line) as { body: string }).body)?.[1]);
}

function numbersFrom(first: number): number[] {
  return Array.from({ length: MESSAGES }, (_, index) => first + index);
}
