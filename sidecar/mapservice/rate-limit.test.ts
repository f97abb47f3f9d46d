import { ManualClock } from '../lib/clock';
import { RateLimit } from './rate-limit';

function takes(limit: RateLimit, address: string, times: number): number {
  return Array.from({ length: times }, () => limit.take(address)).filter((wait) => wait === undefined).length;
}

test('as many as allowed may come at once, then one by one as time goes on', async () => {
  const clock = new ManualClock(1_000);
  const limit = new RateLimit(clock, { perMinute: 60 });
  expect(takes(limit, '10.0.0.1', 100)).toBe(60);
  expect(limit.take('10.0.0.1')).toBe(1_000);
  await clock.advance(5_000);
  expect(takes(limit, '10.0.0.1', 100)).toBe(5);
  await clock.advance(3_600_000);
  expect(takes(limit, '10.0.0.1', 100)).toBe(60);
});

test('each address has its own, an IPv6 network one together', () => {
  const limit = new RateLimit(new ManualClock(), { perMinute: 2 });
  expect(takes(limit, '10.0.0.1', 3)).toBe(2);
  expect(takes(limit, '10.0.0.2', 3)).toBe(2);
  expect(takes(limit, '2001:db8:1:2::1', 1)).toBe(1);
  expect(takes(limit, '2001:db8:1:2:a:b:c:d', 2)).toBe(1);
  expect(takes(limit, '2001:db8:1:3::1', 2)).toBe(2);
  expect(takes(limit, '::ffff:10.0.0.1', 2)).toBe(2);
});

test('no more addresses are remembered than allowed, and the quiet ones go first', () => {
  const limit = new RateLimit(new ManualClock(), { perMinute: 1, maxAddresses: 2 });
  expect(limit.take('a')).toBeUndefined();
  expect(limit.take('b')).toBeUndefined();
  expect(limit.take('a')).toBeDefined();
  expect(limit.take('c')).toBeUndefined();
  expect(limit.take('a')).toBeDefined();
  expect(limit.take('b')).toBeUndefined();
});
