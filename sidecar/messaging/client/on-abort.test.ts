import { onAbort } from './on-abort';

test('each is called once, in its turn, unless it has gone', () => {
  const abort = new AbortController();
  const called: string[] = [];
  onAbort(abort.signal, () => called.push('one'));
  onAbort(abort.signal, () => called.push('gone'))();
  onAbort(abort.signal, () => called.push('two'));
  abort.abort();
  expect(called).toEqual(['one', 'two']);
});

test('who comes after the abort is called, too, and not before it has got its answer', async () => {
  const signal = AbortSignal.abort();
  const called: string[] = [];
  onAbort(signal, () => called.push('late'));
  onAbort(signal, () => called.push('gone'))();
  expect(called).toEqual([]);
  await Promise.resolve();
  expect(called).toEqual(['late']);
});
