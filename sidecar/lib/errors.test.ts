import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { runInNewContext } from 'node:vm';
import { asError, causeOf, messageOf } from './errors';

/** What a connection to a port on which nobody listens ends with. */
async function refusedBy(host: string): Promise<unknown> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return once(connect({ host, port, autoSelectFamily: true }), 'connect').catch((error: unknown) => error);
}

test('what a refused connection says is told without the name of a class', async () => {
  expect(messageOf(await refusedBy('127.0.0.1'))).toMatch(/^connect ECONNREFUSED 127\.0\.0\.1:\d+$/);
  expect(messageOf(await refusedBy('localhost'))).toMatch(/^connect ECONNREFUSED /);
});

test('an error of another realm is one', () => {
  const other: unknown = runInNewContext("new TypeError('words', { cause: new Error('why') })");
  expect(other instanceof Error).toBe(false);
  expect([messageOf(other), messageOf(causeOf(other))]).toEqual(['words', 'why']);
  expect(asError(other)).toBe(other);
});

test('an error without a message is told by the errors in it, each once, or by its code or name', () => {
  const no = (): Error => new Error('no way');
  expect(messageOf(new AggregateError([no(), new Error('no route'), no()]))).toBe('no way, no route');
  expect(messageOf(new AggregateError([no()], 'in short'))).toBe('in short');
  expect(messageOf(Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }))).toBe('ECONNREFUSED');
  expect(messageOf(new RangeError())).toBe('RangeError');
});

test('what is no error is told as it is, and comes from nothing', () => {
  expect([messageOf('words'), messageOf(undefined), asError('words'), causeOf('words')]).toEqual([
    ...['words', 'undefined'],
    ...[undefined, undefined],
  ]);
});
