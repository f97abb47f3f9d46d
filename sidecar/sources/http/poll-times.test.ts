import { PollTimes } from './poll-times';

const times = (random = 0.5): PollTimes => new PollTimes({ minMs: 1000, maxMs: 86_400_000 }, () => random);

test('as the service says, a tenth more or less', () => {
  expect(times().afterAnswer(60_000)).toBe(60_000);
  expect(times(0).afterAnswer(60_000)).toBe(54_000);
  expect(times(0.999_999).afterAnswer(60_000)).toBe(66_000);
});

test('within the bounds, whatever it says', () => {
  expect(times(0).afterAnswer(0)).toBe(1000);
  expect(times(0.999).afterAnswer(10 ** 12)).toBe(86_400_000);
  expect(times().afterAnswer(undefined)).toBe(300_000);
});

test('after failures from the least up to a minute, from the least again after an answer', () => {
  const failing = times(0.999_999);
  const waits = Array.from({ length: 8 }, () => failing.afterFailure());
  expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  failing.afterAnswer(1);
  expect(failing.afterFailure()).toBe(1000);
});

test('bounds beyond a minute do not make retries slower than a minute', () => {
  expect(new PollTimes({ minMs: 600_000, maxMs: 900_000 }, () => 0.5).afterFailure()).toBe(60_000);
});
