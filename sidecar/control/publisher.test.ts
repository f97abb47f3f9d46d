import { ManualClock } from '../lib/clock';
import type { Logger } from '../lib/log';
import { Publisher } from './publisher';

let clock: ManualClock;
let published: number[];
let contents: number[];
let answer: (signal: AbortSignal) => Promise<void>;
let lines: string[];
let publisher: Publisher;

beforeEach(() => {
  clock = new ManualClock(1000);
  published = [];
  contents = [];
  lines = [];
  answer = async () => undefined;
  const note = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  const log = { info: note('info'), warn: note('warn') } as unknown as Logger;
  const client = {
    publish: ([content = 0]: Uint8Array, signal: AbortSignal) => {
      published.push(clock.now());
      contents.push(content);
      return answer(signal);
    },
  };
  publisher = new Publisher({ client, nodeInfo: Buffer.of(1), clock, random: () => 0.999_999, log });
});
afterEach(() => publisher.stop());

test('publishes at the start and daily', async () => {
  publisher.start();
  await clock.advance(0);
  expect(publisher.status()).toEqual({ publishedAt: 1000 });
  await clock.advance(2 * 86_400_000);
  expect(published).toEqual([1000, 86_401_000, 172_801_000]);
});

test('keeps trying, ever more slowly, and says why; one line a transition', async () => {
  answer = () => Promise.reject(new Error('no route'));
  publisher.start();
  await clock.advance(15_000);
  expect(published).toEqual([1000, 2000, 4000, 8000, 16_000]);
  expect(publisher.status()).toEqual({ problem: 'no route' });
  answer = async () => undefined;
  await clock.advance(16_000);
  expect(publisher.status()).toEqual({ publishedAt: 32_000 });
  answer = () => Promise.reject(new Error('refused'));
  await clock.advance(86_400_000);
  expect(publisher.status()).toEqual({ publishedAt: 32_000, problem: 'refused' });
  expect(lines).toEqual([
    'warn own NodeInfo: unpublished -> refused',
    'info own NodeInfo: refused -> published',
    'warn own NodeInfo: published -> refused',
  ]);
});

test('never waits longer than ten minutes', async () => {
  answer = () => Promise.reject(new Error('no'));
  publisher.start();
  await clock.advance(86_400_000);
  const waits = published.map((at, index) => at - (published[index - 1] ?? at));
  expect(Math.max(...waits)).toBe(600_000);
});

test('after it has stopped nothing is tried any more, and what was on its way is given up', async () => {
  answer = (signal) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
  publisher.start();
  await publisher.stop();
  await clock.advance(86_400_000);
  expect([published, publisher.status(), lines]).toEqual([[1000], {}, []]);
});

test('another NodeInfo is published at once, and daily from then on; none of before any more', async () => {
  publisher.start();
  await clock.advance(3_600_000);
  publisher.renew(Buffer.of(2));
  await clock.advance(86_400_000);
  expect([published, contents]).toEqual([
    [1000, 3_601_000, 90_001_000],
    [1, 2, 2],
  ]);
});

test('another NodeInfo waits for the one that is on its way', async () => {
  let arrive: () => void = () => undefined;
  answer = () => new Promise((resolve) => (arrive = resolve));
  publisher.start();
  publisher.renew(Buffer.of(2));
  await clock.advance(0);
  expect(contents).toEqual([1]);
  answer = async () => undefined;
  arrive();
  await clock.advance(86_400_000);
  expect(contents).toEqual([1, 2, 2]);
});

test('before the start another NodeInfo takes the place of the first, and after the end it goes nowhere', async () => {
  publisher.renew(Buffer.of(2));
  await clock.advance(0);
  expect(contents).toEqual([]);
  publisher.start();
  await publisher.stop();
  publisher.renew(Buffer.of(3));
  await clock.advance(86_400_000);
  expect(contents).toEqual([2]);
});
