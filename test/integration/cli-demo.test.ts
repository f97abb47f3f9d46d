import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { hasEnded } from './support/has-ended';
import { startNetmap, type NetmapProcess } from './support/netmap';

jest.setTimeout(600_000);

interface Message {
  readonly from: string;
  readonly sender: string;
}

interface Line {
  readonly step?: string;
  readonly done?: boolean;
  readonly facts: {
    readonly folder?: string;
    readonly nodes?: readonly { readonly pid: number; readonly ports: Readonly<Record<string, number>> }[];
    readonly messages?: readonly Message[];
  } & Readonly<Record<string, unknown>>;
}

const demos: NetmapProcess[] = [];

function startDemo(...options: readonly string[]): NetmapProcess {
  const demo = startNetmap(['demo', '--json', ...options]);
  demos.push(demo);
  return demo;
}

afterEach(async () => {
  for (const demo of demos.splice(0)) {
    demo.child.kill('SIGTERM');
    await demo.ended;
  }
});

function step(demo: NetmapProcess, name: string): Line['facts'] {
  const line = demo.lines<Line>().find((each) => each.step === name);
  if (line === undefined) throw new Error(`there is no step ${name}`);
  return line.facts;
}

/** Nothing that the demo said it started is there any more. */
async function expectNothingLeft(demo: NetmapProcess): Promise<void> {
  expect(existsSync(step(demo, 'network').folder ?? '')).toBe(false);
  const nodes = demo.lines<Line>().find((line) => line.step === 'start')?.facts.nodes ?? [];
  for (const { pid, ports } of nodes) {
    expect(await hasEnded(pid)).toBe(true);
    for (const port of Object.values(ports)) expect(await isOpen(port)).toBe(false);
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
      .once('connect', () => {
        socket.destroy();
        resolve(true);
      })
      .once('error', () => resolve(false));
  });
}

test('the demo of a Swaptacular network ends well and leaves nothing', async () => {
  const demo = startDemo('--profile', 'swaptacular');
  const { exit, err } = await demo.ended;
  expect({ exit, error: /.*\berror\b.*/i.exec(err)?.[0] }).toEqual({ exit: 0, error: undefined });
  expect(demo.lines<Line>().map((line) => line.step ?? line.done)).toEqual([
    ...['prepare', 'exchange', 'start', 'messages', 'refusal', 'deactivation'],
    true,
  ]);
  expect(step(demo, 'messages')).toEqual({ messages: 2 });
  expect(step(demo, 'refusal')).toEqual({ deadLetters: 2 });
  expect(existsSync(step(demo, 'exchange').folder ?? '')).toBe(false);
});

test('the whole demo ends well and leaves nothing', async () => {
  const demo = startDemo();
  const { exit, err } = await demo.ended;
  expect({ exit, error: /.*\berror\b.*/i.exec(err)?.[0] }).toEqual({ exit: 0, error: undefined });
  expect(demo.lines<Line>().map((line) => line.step ?? (line.done === true ? 'done' : line))).toEqual([
    ...[
      'prepare',
      'network',
      'map-service',
      'start',
      'exchange',
      'join',
      'absence',
      'forgery',
      'stranger',
      'foreign-address',
      'done',
    ],
  ]);
  const exchanged = step(demo, 'exchange').messages ?? [];
  const joined = step(demo, 'join').messages ?? [];
  expect([exchanged.length, joined.length]).toEqual([6, 6]);
  for (const { from, sender } of [...exchanged, ...joined]) expect(sender).toBe(from);
  const join = step(demo, 'join');
  expect(join).toMatchObject({ connectionsReset: 0, node: 'O=Party D, L=Singapore, C=SG' });
  expect(join['firstDeliveredMs']).toBeGreaterThan(0);
  expect(join['connectionsBefore']).toBeGreaterThan(9);
  expect(join['messagesMeanwhile']).toBeGreaterThan(0);
  expect(step(demo, 'absence')).toMatchObject({ waited: [3, 3] });
  const forgery = step(demo, 'forgery');
  expect(forgery['shown']).toBe(forgery['forger']);
  expect(forgery['claimed']).not.toBe(forgery['forger']);
  expect(step(demo, 'stranger')).toMatchObject({ refusedAt: 'tls' });
  expect(step(demo, 'foreign-address')).toMatchObject({ refusedAt: 'permission' });
  await expectNothingLeft(demo);
});

test.each([
  ['network', 'while the nodes start', 'SIGINT', 130],
  ['join', 'while a node is away', 'SIGTERM', 143],
] as const)('interrupted after %s, %s, it leaves nothing', async (after, _, signal, code) => {
  const demo = startDemo();
  await demo.says(`{"step":"${after}"`);
  demo.child.kill(signal);
  const { exit, out } = await demo.ended;
  expect(exit).toBe(code);
  expect(out).not.toContain('"done"');
  await expectNothingLeft(demo);
});
