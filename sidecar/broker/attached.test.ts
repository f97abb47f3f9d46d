import { ManualClock } from '../lib/clock';
import { AttachedBroker } from './attached';
import type { BrokerEvent } from './broker';
import type { ConnectionState, Management } from './management';
import { ManagementError } from './management-error';

class FakeManagement implements Management {
  state: ConnectionState = 'idle';
  closed = false;
  answer: () => Promise<unknown> = () => Promise.resolve('2.56.0');
  private listener: (state: ConnectionState, reason?: Error) => void = () => undefined;

  invoke(): Promise<unknown> {
    return this.answer();
  }

  attribute(): Promise<unknown> {
    return this.answer();
  }

  hurry(): void {
    this.state = 'connecting';
  }

  subscribe(listener: (state: ConnectionState, reason?: Error) => void): () => void {
    this.listener = listener;
    return () => {
      this.listener = () => undefined;
    };
  }

  become(state: ConnectionState, reason?: Error): void {
    this.listener(state, reason);
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}

const unreachable = (): Promise<never> => Promise.reject(new ManagementError('MANAGEMENT_UNREACHABLE', 'no'));

let clock: ManualClock;
let management: FakeManagement;
let broker: AttachedBroker;
let events: BrokerEvent[];

beforeEach(() => {
  clock = new ManualClock();
  management = new FakeManagement();
  broker = new AttachedBroker({ management, clock });
  events = [];
  broker.subscribe((event) => events.push(event));
});

it('waits until management answers, however long that takes', async () => {
  management.answer = unreachable;
  const start = broker.start();
  await clock.advance(3_600_000);
  expect(broker.state).toBe('starting');
  management.answer = () => Promise.resolve('2.56.0');
  await clock.advance(1_000);
  await start;
  expect(broker.state).toBe('ready');
  expect(events).toEqual([
    { type: 'starting' },
    { type: 'ready', version: '2.56.0', afterMs: expect.any(Number) as number },
  ]);
});

it('tells of a loss, and of the return when management answers again', async () => {
  await broker.start();
  management.become('connecting', new Error('cable'));
  management.become('connecting', new Error('still'));
  expect(broker.state).toBe('lost');
  management.answer = unreachable;
  await clock.advance(5_000);
  management.become('connected');
  await clock.advance(1_000);
  expect(broker.state).toBe('lost');
  management.answer = () => Promise.resolve('2.57.0');
  await clock.advance(1_000);
  expect(events.slice(2)).toEqual([
    { type: 'lost', reason: 'cable' },
    { type: 'ready', version: '2.57.0', afterMs: expect.any(Number) as number },
  ]);
  expect(broker.state).toBe('ready');
});

it('gives up at once when it is refused', async () => {
  management.answer = () => Promise.reject(new ManagementError('MANAGEMENT_NOT_ALLOWED', 'wrong password'));
  await expect(broker.start()).rejects.toMatchObject({ code: 'MANAGEMENT_NOT_ALLOWED' });
  expect(broker.state).toBe('stopped');
});

it('refuses one that is too old, at its start and when another has come in its place', async () => {
  management.answer = () => Promise.resolve('2.44.0');
  await expect(broker.start()).rejects.toMatchObject({
    code: 'BROKER_TOO_OLD',
    message: 'The broker is version 2.44.0, older than 2.50',
  });
  expect(broker.state).toBe('stopped');
  management.answer = () => Promise.resolve('2.50.0');
  await broker.start();
  events.length = 0;
  management.become('connecting', new Error('stopped'));
  management.answer = () => Promise.resolve('2.44.0');
  management.become('connected');
  await clock.advance(1_000);
  expect(events).toMatchObject([{ type: 'lost' }, { type: 'failed', error: { code: 'BROKER_TOO_OLD' } }]);
  expect(broker.state).toBe('lost');
});

it('can be given up while it waits', async () => {
  management.answer = () => new Promise(() => undefined);
  const enough = new AbortController();
  const start = broker.start(enough.signal);
  enough.abort(new Error('enough'));
  await expect(start).rejects.toThrow('enough');
});

it('hears no more once it is stopped', async () => {
  await broker.start();
  await broker.stop();
  management.become('connecting', new Error('late'));
  expect(events.map(({ type }) => type)).toEqual(['starting', 'ready']);
  expect(management.closed).toBe(true);
  expect(broker.state).toBe('stopped');
});

it('cannot be restarted from here', async () => {
  await expect(broker.restart()).rejects.toMatchObject({ code: 'BROKER_NOT_OURS' });
});
