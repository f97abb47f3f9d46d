import { observe, type BridgeState, type BridgeTiming, type BridgeView } from './bridge-state';

const timing: BridgeTiming = { idleMs: 60_000, stallMs: 400, parkMs: 10_000, connectMs: 5_000 };
const up = { started: true, connected: true };
const view = (given: Partial<BridgeView> = {}): BridgeView => ({
  queued: 0,
  delivering: 0,
  settled: 0,
  link: up,
  ...given,
});
const connected = (at: number, settled = 0): BridgeState => ({
  phase: 'connected',
  since: at,
  progressAt: at,
  busyAt: at,
  linkedAt: at,
  settled,
});

test('an idle peer is tried as soon as a message waits, and not before', () => {
  const idle: BridgeState = { phase: 'idle', since: 0 };
  expect(observe(idle, view({ link: undefined }), 10, timing)).toEqual([idle, 'none']);
  expect(observe(idle, view({ queued: 1, link: undefined }), 10, timing)).toEqual([idle, 'check']);
});

test('a peer that waits is tried again at its time, and forgotten when nothing waits for it any more', () => {
  const waiting: BridgeState = { phase: 'waiting', since: 0, retryAt: 1000 };
  const down = (queued: number): BridgeView => view({ queued, link: undefined });
  expect(observe(waiting, down(5), 999, timing)[1]).toBe('none');
  expect(observe(waiting, down(5), 1000, timing)[1]).toBe('check');
  expect(observe(waiting, down(0), 1000, timing)[1]).toBe('drop-idle');
});

test('a connection that runs though its peer waits is stopped, and one of an idle peer is taken over', () => {
  expect(observe({ phase: 'waiting', since: 0, retryAt: 1000 }, view({ queued: 5 }), 10, timing)[1]).toBe('stop');
  expect(observe({ phase: 'idle', since: 0 }, view(), 10, timing)[0].phase).toBe('connected');
});

test('a start that does not connect in time is given up', () => {
  const starting: BridgeState = { phase: 'starting', since: 0 };
  const down = { started: true, connected: false };
  expect(observe(starting, view({ queued: 1, link: down }), 4_999, timing)[1]).toBe('none');
  expect(observe(starting, view({ queued: 1, link: down }), 5_000, timing)[1]).toBe('park-lost');
  expect(observe(starting, view({ queued: 1 }), 10, timing)[0].phase).toBe('connected');
});

test('a connection stays while messages move, however long the queue', () => {
  let state = connected(0);
  for (let at = 100; at <= 20_000; at += 100) {
    const [next, step] = observe(state, view({ queued: 1000, delivering: 100, settled: at }), at, timing);
    expect(step).toBe('none');
    state = next;
  }
});

test('when nothing moves the peer is tried beside the connection once, and parked when that lasts', () => {
  const stuck = view({ queued: 3, delivering: 3, settled: 7 });
  const state = connected(0, 7);
  expect(observe(state, stuck, 399, timing)[1]).toBe('none');
  expect(observe(state, stuck, 400, timing)[1]).toBe('recheck');
  const cleared = { ...state, cleared: true };
  expect(observe(cleared, stuck, 5_000, timing)[1]).toBe('none');
  expect(observe(cleared, stuck, 10_000, timing)[1]).toBe('park-stalled');
});

test('a peer that gives no credit is left connected: nothing is refused, its address is full', () => {
  const full = view({ queued: 3, delivering: 0, settled: 7 });
  expect(observe({ ...connected(0, 7), cleared: true }, full, 60_000, timing)[1]).toBe('none');
});

test('after progress a later stall is looked into again', () => {
  const cleared = { ...connected(0, 7), cleared: true };
  const [moved] = observe(cleared, view({ queued: 3, delivering: 3, settled: 8 }), 1_000, timing);
  expect(observe(moved, view({ queued: 3, delivering: 3, settled: 8 }), 1_400, timing)[1]).toBe('recheck');
});

test('a connection whose queues stay empty is dropped, one that carried something in between is not', () => {
  expect(observe(connected(0), view(), 59_999, timing)[1]).toBe('none');
  expect(observe(connected(0), view(), 60_000, timing)[1]).toBe('drop-idle');
  const [busy] = observe(connected(0), view({ settled: 1 }), 30_000, timing);
  expect(observe(busy, view({ settled: 1 }), 60_000, timing)[1]).toBe('none');
});

test('a lost connection gets a moment to come back by itself', () => {
  const lost = view({ queued: 1, link: { started: true, connected: false } });
  expect(observe(connected(0), lost, 4_999, timing)[1]).toBe('none');
  expect(observe(connected(0), lost, 5_000, timing)[1]).toBe('park-lost');
  expect(observe(connected(0), view({ queued: 1, link: undefined }), 5_000, timing)[1]).toBe('park-lost');
});
