import { processIo } from './process-io';

beforeEach(() => jest.useFakeTimers({ now: 0 }));
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

test('one Ctrl-C that arrives twice is one; a later one ends the process at once', () => {
  const exit = jest.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  const seen: string[] = [];
  const release = processIo().onInterrupt((signal) => seen.push(signal));
  process.emit('SIGINT', 'SIGINT');
  jest.setSystemTime(900);
  process.emit('SIGINT', 'SIGINT');
  expect(seen).toEqual(['SIGINT']);
  expect(exit).not.toHaveBeenCalled();
  jest.setSystemTime(1100);
  process.emit('SIGTERM', 'SIGTERM');
  expect(seen).toEqual(['SIGINT']);
  expect(exit.mock.calls).toEqual([[143]]);
  release();
});

test('releases the signals', () => {
  const before = process.listenerCount('SIGINT');
  const release = processIo().onInterrupt(() => undefined);
  expect(process.listenerCount('SIGINT')).toBe(before + 1);
  release();
  expect(process.listenerCount('SIGINT')).toBe(before);
});
