import { ManualClock } from './clock';
import { startProgress, withProgress } from './progress';

function stream(isTTY: boolean): { isTTY: boolean; columns: number; text: string; write(text: string): void } {
  return {
    isTTY,
    columns: 30,
    text: '',
    write(text) {
      this.text += text;
    },
  };
}

test('says nothing about what takes less than a second', async () => {
  const clock = new ManualClock();
  const out = stream(false);
  await withProgress('copy', { stream: out, clock }, () => clock.advance(999));
  await clock.advance(60_000);
  expect(out.text).toBe('');
});

test('into a pipe: a line now and then, and one at the end', async () => {
  const clock = new ManualClock();
  const out = stream(false);
  const progress = startProgress('download', { stream: out, clock });
  await clock.advance(1000);
  progress.update({ done: 25_000_000, total: 50_000_000, unit: 'bytes' });
  await clock.advance(5000);
  progress.update({ done: 50_000_000, total: 50_000_000, unit: 'bytes' });
  await clock.advance(1000);
  progress.end();
  await clock.advance(60_000);
  expect(out.text.split('\n')).toEqual([
    'download (1.0 s)',
    'download: 50 % of 50.0 MB (6.0 s)',
    'download: 100 % of 50.0 MB: ended after 7.0 s',
    '',
  ]);
});

test('on a terminal: one line, redrawn, that fits', async () => {
  const clock = new ManualClock();
  const out = stream(true);
  const progress = startProgress('a label that is longer than the line', { stream: out, clock });
  await clock.advance(1400);
  progress.end();
  const drawn = out.text.split('\r\u001b[K').slice(1);
  expect(drawn).toHaveLength(4);
  expect(Math.max(...drawn.map((line) => line.trimEnd().length))).toBe(29);
  expect(out.text.match(/\n/g)).toHaveLength(1);
});

test('counts what has no total', async () => {
  const clock = new ManualClock();
  const out = stream(false);
  const progress = startProgress('peers', { stream: out, clock });
  progress.update({ done: 7, unit: 'peers' });
  await clock.advance(1000);
  progress.end();
  expect(out.text).toContain('peers: 7 peers (1.0 s)');
});

test('says how fast it goes on', async () => {
  const clock = new ManualClock();
  const out = stream(false);
  const progress = startProgress('sending', { stream: out, clock });
  progress.update({ done: 300, total: 1000, unit: 'messages', perSecond: 299.6 });
  await clock.advance(1000);
  progress.update({ done: 2_500_000, unit: 'bytes', perSecond: 1_500_000 });
  progress.end();
  expect(out.text.split('\n').slice(0, 2)).toEqual([
    'sending: 300 messages of 1000 messages, 300 messages a second (1.0 s)',
    'sending: 2.5 MB, 1.5 MB a second: ended after 1.0 s',
  ]);
});

test('ends also when the work fails', async () => {
  const clock = new ManualClock();
  const out = stream(false);
  const work = withProgress('copy', { stream: out, clock }, async () => {
    await clock.advance(2000);
    throw new Error('no');
  });
  await expect(work).rejects.toThrow('no');
  const text = out.text;
  await clock.advance(60_000);
  expect(out.text).toBe(text);
});
