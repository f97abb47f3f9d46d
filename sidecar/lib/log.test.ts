import { ManualClock } from './clock';
import { NetmapError } from './errors';
import { createLogger, logTransition, silentLogger, type Logger, type LoggerOptions } from './log';

class SampleError extends NetmapError<'SAMPLE'> {}

function sample(options: Partial<LoggerOptions> = {}): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  const destination = { write: (text: string) => lines.push(text) };
  const clock = new ManualClock(Date.UTC(2026, 0, 2, 3, 4, 5, 6));
  return { log: createLogger({ level: 'info', format: 'json', destination, clock, ...options }), lines };
}

test('writes one JSON object a line', () => {
  const { log, lines } = sample();
  log.child({ component: 'bridges' }).info('connected', { peers: 3 });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/\}\n$/);
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    level: 'info',
    time: '2026-01-02T03:04:05.006Z',
    component: 'bridges',
    message: 'connected',
    peers: 3,
  });
});

test('leaves out what is below the level', () => {
  const { log, lines } = sample({ level: 'warn' });
  log.trace('a');
  log.debug('b');
  log.info('c');
  log.warn('d');
  log.error('e');
  expect(lines.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual(['d', 'e']);
});

test('writes text for people', () => {
  const { log, lines } = sample({ format: 'text' });
  log.child({ component: 'broker' }).warn('slow', { ms: 12, queue: 'a b', id: 'DL1' });
  expect(lines).toEqual(['2026-01-02T03:04:05.006Z WARN  [broker] slow ms=12 queue="a b" id=DL1\n']);
});

test('colours the level only where asked to', () => {
  const plain = sample({ format: 'text' });
  plain.log.error('bad');
  const coloured = sample({ format: 'text', colour: true });
  coloured.log.error('bad');
  expect(plain.lines.join('')).not.toContain('\u001b');
  expect(coloured.lines.join('')).toContain('\u001b[31mERROR');
});

test('what a peer sends forges no line and steers no terminal', () => {
  const { log, lines } = sample({ format: 'text' });
  log.info('refused', { name: 'x\n2026 ERROR all is lost\u001b[2J\u202e' });
  expect(lines).toHaveLength(1);
  expect(lines[0]?.trimEnd()).not.toMatch(/\p{Cc}/u);
  expect(lines[0]).not.toContain('\u202e');
});

test.each(['json', 'text'] as const)('no secret shows in %s', (format) => {
  const { log, lines } = sample({ format });
  const key = '-----BEGIN PRIVATE KEY-----\nMC4CAQAw\n-----END PRIVATE KEY-----\n';
  log.info('login', { password: 'hunter2', user: { passwordHash: 'hunter2', more: { token: 'hunter2' } } });
  log.info('failed', { text: `read ${key} and`, error: new Error(`cannot use ${key}`) });
  log.info('cut off', { text: key.slice(0, 36) });
  expect(lines.join('')).not.toMatch(/hunter2|MC4/);
  expect(lines.join('')).toContain('***');
  expect(lines.join('')).toContain(' and');
});

test('an error is written with its code, remedy and causes', () => {
  const { log, lines } = sample();
  const cause = new SampleError('SAMPLE', 'inner');
  log.error('failed', { error: new SampleError('SAMPLE', 'outer', { cause, remedy: 'do this' }) });
  log.error('failed', { error: 'text' });
  expect(lines.map((line) => (JSON.parse(line) as { error: unknown }).error)).toEqual([
    { code: 'SAMPLE', message: 'outer', remedy: 'do this', cause: { code: 'SAMPLE', message: 'inner' } },
    { message: 'text' },
  ]);
});

test('a transition is one line with its change', () => {
  const { log, lines } = sample({ format: 'text' });
  const transition = { change: 'c-7', subject: 'bridge to B', from: 'idle', to: 'connected' };
  logTransition(log, { ...transition, reason: undefined });
  logTransition(log, transition, 'debug');
  expect(lines).toEqual([
    '2026-01-02T03:04:05.006Z INFO  bridge to B: idle -> connected change=c-7 subject="bridge to B" from=idle to=connected\n',
  ]);
});

test('the silent logger takes everything', () => {
  silentLogger.child({ component: 'x' }).error('nothing', { error: new Error('x') });
});
