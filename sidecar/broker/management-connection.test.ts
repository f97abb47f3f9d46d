import { ManualClock } from '../lib/clock';
import { ManagementConnection } from './management-connection';
import { ManagementError } from './management-error';
import type { Link, LinkEvents, LinkRequest, OpenLink } from './management-link';

/** A broker that answers when the test says so. */
class FakeLink implements Link {
  readonly sent: LinkRequest[] = [];
  credit = 1_000;

  constructor(readonly events: LinkEvents) {}

  sendable(): boolean {
    return this.credit > 0;
  }

  send(request: LinkRequest): void {
    this.credit -= 1;
    this.sent.push(request);
  }

  close(): void {
    this.events.closed(new ManagementError('MANAGEMENT_UNREACHABLE', 'closed in order'));
  }

  abort(error: ManagementError): void {
    this.events.closed(error);
  }

  answer(index: number, body: unknown, succeeded = true): void {
    this.events.answered(this.sent[index]?.id ?? '', succeeded, JSON.stringify([body]));
  }
}

let clock: ManualClock;
let links: FakeLink[];
const open: OpenLink = (_, events) => {
  const link = new FakeLink(events);
  links.push(link);
  return link;
};

beforeEach(() => {
  clock = new ManualClock();
  links = [];
});

const connect = (options: { window?: number; timeout?: number } = {}): ManagementConnection =>
  new ManagementConnection(
    {
      address: { host: 'broker', port: 5671 },
      user: 'u',
      password: 'p',
      clock,
      backoff: { min: 100, max: 1_000, jitter: 'none' },
      ...options,
    },
    open,
  );

function link(index = links.length - 1): FakeLink {
  const found = links[index];
  if (found === undefined) throw new Error(`No link ${index}`);
  return found;
}

/** What becomes of a promise, without waiting for it. */
const outcome = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

it('connects at the first call, asks once it may, and gives each answer to its question', async () => {
  const management = connect();
  expect(management.state).toBe('idle');
  const first = management.invoke('broker', 'one', [1, 'x', true, null]);
  const second = management.attribute('queue.q', 'MessageCount');
  expect(management.state).toBe('connecting');
  expect(link().sent).toEqual([]);
  link().events.opened();
  expect(management.state).toBe('connected');
  expect(link().sent).toEqual([
    { id: '1', target: { _AMQ_ResourceName: 'broker', _AMQ_OperationName: 'one' }, parameters: [1, 'x', true, null] },
    { id: '2', target: { _AMQ_ResourceName: 'queue.q', _AMQ_Attribute: 'MessageCount' }, parameters: [] },
  ]);
  link().answer(1, 7);
  link().answer(0, 'done');
  expect(await first).toBe('done');
  expect(await second).toBe(7);
});

it('has no more on its way than the window and the credit allow', async () => {
  const management = connect({ window: 2 });
  const calls = [1, 2, 3, 4].map((n) => management.invoke('broker', `op${n}`));
  link().events.opened();
  expect(link().sent).toHaveLength(2);
  link().answer(0, 'a');
  expect(link().sent).toHaveLength(3);
  link().credit = 0;
  link().answer(1, 'b');
  expect(link().sent).toHaveLength(3);
  link().credit = 5;
  link().events.sendable();
  expect(link().sent).toHaveLength(4);
  link().answer(2, 'c');
  link().answer(3, 'd');
  expect(await Promise.all(calls)).toEqual(['a', 'b', 'c', 'd']);
});

it.each([
  ['AMQ229017: Queue q does not exist', 'MANAGEMENT_REFUSED'],
  ["AMQ229032: User: u does not have permission='SEND' on address a", 'MANAGEMENT_NOT_ALLOWED'],
])('tells a refusal in the words of the broker: %s', async (words, code) => {
  const call = outcome(connect().invoke('broker', 'op'));
  link().events.opened();
  link().answer(0, words, false);
  expect(await call).toMatchObject({ code, message: expect.stringContaining(words) as string });
});

it.each([['not json'], ['{}'], [5]])('tells an answer that cannot be read: %j', async (body) => {
  const call = outcome(connect().invoke('broker', 'op'));
  link().events.opened();
  link().events.answered('1', true, body);
  expect(await call).toMatchObject({ code: 'MANAGEMENT_ANSWER_INVALID' });
});

it('takes an answer without a body for no result', async () => {
  const call = connect().invoke('broker', 'op');
  link().events.opened();
  link().events.answered('1', true, null);
  expect(await call).toBeUndefined();
});

it('gives up a question after its time, makes room, and does not mind a late answer', async () => {
  const management = connect({ window: 1, timeout: 5_000 });
  const slow = outcome(management.invoke('broker', 'slow'));
  const next = management.invoke('broker', 'next', [], { timeout: 60_000 });
  link().events.opened();
  await clock.advance(5_000);
  expect(await slow).toMatchObject({ code: 'MANAGEMENT_TIMEOUT', decision: 'retry' });
  link().answer(0, 'late');
  link().answer(1, 'in time');
  expect(await next).toBe('in time');
});

it('tells a question that never got a connection why', async () => {
  const call = outcome(connect({ timeout: 250 }).invoke('broker', 'op'));
  link().events.closed(new ManagementError('MANAGEMENT_UNREACHABLE', 'refused by the socket'));
  await clock.advance(250);
  expect(await call).toMatchObject({
    code: 'MANAGEMENT_UNREACHABLE',
    cause: { message: 'refused by the socket' },
  });
});

it('fails what was on its way when the connection is lost, and keeps what was not', async () => {
  const management = connect({ window: 1 });
  const seen: string[] = [];
  management.subscribe((state, reason) => seen.push(reason === undefined ? state : `${state}: ${reason.message}`));
  const sent = outcome(management.invoke('broker', 'sent'));
  const kept = management.invoke('broker', 'kept');
  link().events.opened();
  link().events.closed(new ManagementError('MANAGEMENT_UNREACHABLE', 'gone'));
  expect(await sent).toMatchObject({ code: 'MANAGEMENT_UNREACHABLE' });
  await clock.advance(100);
  expect(links).toHaveLength(2);
  link().events.opened();
  link().answer(0, 'later');
  expect(await kept).toBe('later');
  expect(seen).toEqual(['connecting', 'connected', 'connecting: gone', 'connected']);
});

it('tries again after growing times, and at once when told to hurry', async () => {
  const management = connect();
  management.hurry();
  for (const wait of [100, 200, 400]) {
    const count = links.length;
    link().events.closed(new ManagementError('MANAGEMENT_UNREACHABLE', 'no'));
    await clock.advance(wait - 1);
    expect(links).toHaveLength(count);
    await clock.advance(1);
    expect(links).toHaveLength(count + 1);
  }
  link().events.closed(new ManagementError('MANAGEMENT_UNREACHABLE', 'no'));
  management.hurry();
  expect(links).toHaveLength(5);
  management.hurry();
  expect(links).toHaveLength(5);
  link().events.opened();
  link().events.closed(new ManagementError('MANAGEMENT_UNREACHABLE', 'no'));
  await clock.advance(100);
  expect(links).toHaveLength(6);
});

it('gives up an attempt that gets no answer', async () => {
  const management = connect();
  management.hurry();
  await clock.advance(10_100);
  expect(links).toHaveLength(2);
});

it('lets nobody wait for a broker that refuses us, but tries again', async () => {
  const management = connect();
  const call = outcome(management.invoke('broker', 'op'));
  link().events.closed(new ManagementError('MANAGEMENT_NOT_ALLOWED', 'wrong password'));
  expect(await call).toMatchObject({ code: 'MANAGEMENT_NOT_ALLOWED', message: 'wrong password' });
  await clock.advance(100);
  expect(links).toHaveLength(2);
});

it('tells when the broker does not take a question', async () => {
  const call = outcome(connect().invoke('broker', 'op'));
  link().events.opened();
  link().events.rejected('1', new Error('no permission'));
  expect(await call).toMatchObject({
    code: 'MANAGEMENT_NOT_ALLOWED',
    message: expect.stringContaining('no permission') as string,
  });
});

it('fails all that is open when it is closed, and everything after', async () => {
  const management = connect({ window: 1 });
  const calls = [outcome(management.invoke('broker', 'sent')), outcome(management.invoke('broker', 'waiting'))];
  link().events.opened();
  await management.close();
  await management.close();
  expect(management.state).toBe('closed');
  for (const call of [...calls, outcome(management.invoke('broker', 'after'))]) {
    expect(await call).toMatchObject({ code: 'MANAGEMENT_UNREACHABLE' });
  }
  management.hurry();
  await clock.advance(100_000);
  expect(links).toHaveLength(1);
});
