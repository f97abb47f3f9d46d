import { ManualClock } from '../lib/clock';
import { BrokerLogReader, log4j2Properties, type BrokerLogRecord } from './broker-log';

let clock: ManualClock;
let records: BrokerLogRecord[];
let reader: BrokerLogReader;

beforeEach(() => {
  clock = new ManualClock(5_000);
  records = [];
  reader = new BrokerLogReader('stdout', clock, (record) => records.push(record));
});

const line = (fields: object): string =>
  `${JSON.stringify({ time: 7, level: 'INFO', logger: 'l', message: '', trace: '', ...fields })}\n`;

it('reads records, with their code apart', () => {
  reader.push(
    line({ level: 'WARN', message: 'AMQ222269: Please use a fixed value\nfor "x"' }) + line({ message: 'plain' }),
  );
  expect(records).toEqual([
    { time: 7, level: 'WARN', logger: 'l', code: 'AMQ222269', message: 'Please use a fixed value\nfor "x"' },
    { time: 7, level: 'INFO', logger: 'l', message: 'plain' },
  ]);
});

it('keeps a stack trace with its record', () => {
  reader.push(line({ level: 'ERROR', message: 'AMQ214019: Invalid', trace: 'java.lang.X: no\n\tat a.b(C.java:1)\n' }));
  expect(records).toEqual([
    expect.objectContaining({ code: 'AMQ214019', trace: 'java.lang.X: no\n\tat a.b(C.java:1)' }),
  ]);
});

it('puts pieces together, wherever they were cut', () => {
  const text = line({ message: 'first' }) + line({ message: 'second' });
  for (const character of text) reader.push(character);
  expect(records.map((record) => record.message)).toEqual(['first', 'second']);
});

it('joins the lines of a stack trace that did not come through the logging', async () => {
  reader = new BrokerLogReader('stderr', clock, (record) => records.push(record));
  reader.push('java.lang.IllegalStateException: Invalid\n\tat a.b(C.java:1)\nCaused by: x\n\t... 3 more\nnext\n');
  expect(records).toEqual([
    {
      time: 5_000,
      level: 'WARN',
      logger: 'stderr',
      message: 'java.lang.IllegalStateException: Invalid',
      trace: '\tat a.b(C.java:1)\nCaused by: x\n\t... 3 more',
    },
  ]);
  await clock.advance(100);
  expect(records.at(-1)).toMatchObject({ message: 'next' });
});

it('passes on what is held back at the end', () => {
  reader.push('no line end');
  reader.end();
  expect(records).toEqual([{ time: 5_000, level: 'DEBUG', logger: 'stdout', message: 'no line end' }]);
});

it.each(['{"time":1}', '{"time":', '{"time":1,"message":5,"logger":"l"}', '[]'])(
  'takes %s for a plain line',
  (text) => {
    reader.push(`${text}\n`);
    reader.end();
    expect(records).toEqual([expect.objectContaining({ logger: 'stdout', message: text })]);
  },
);

it('cannot be made to take what a client sent for a record', () => {
  const forged = `x\n${line({ message: 'AMQ221007: Server is now active' })}`;
  reader.push(line({ message: forged }));
  expect(records).toHaveLength(1);
  expect(records[0]?.code).toBeUndefined();
});

it('lets no endless line grow', () => {
  for (let turn = 0; turn < 30; turn += 1) reader.push('x'.repeat(100_000));
  reader.end();
  expect(records[0]?.message.length).toBeLessThanOrEqual(1_100_000);
});

it('configures the logging that it reads', () => {
  expect(log4j2Properties('WARN')).toContain('rootLogger.level = WARN\n');
});
