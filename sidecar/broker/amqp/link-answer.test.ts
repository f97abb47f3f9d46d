import type { AddressInfo, Server } from 'node:net';
import { create_container, type Container, type EventContext } from 'rhea';
import { openAmqp } from './open-amqp';
import { isTaken, whenEnded } from './link-answer';
import type { Connection } from 'rhea-promise';

const REFUSAL = { condition: 'amqp:unauthorized-access', description: 'not yours' };

/** Ends a link that it has refused, when the test says so: as when the broker's answer comes in two packets. */
let endRefused: () => void;
let server: Server;
let connection: Connection;

beforeEach(async () => {
  const container: Container = create_container();
  const refuse = (context: EventContext): void => {
    const link = context.sender ?? context.receiver;
    endRefused = () => link?.close(REFUSAL);
  };
  const answer = (context: EventContext): void => {
    const link = context.sender ?? context.receiver;
    const address = (context.sender === undefined ? link?.target : link?.source)?.address;
    if (address !== 'granted') {
      refuse(context);
      return;
    }
    link?.set_source({ address });
    link?.set_target({ address });
  };
  for (const event of ['sender_open', 'receiver_open']) container.on(event, answer);
  for (const event of ['disconnected', 'connection_error', 'error']) container.on(event, () => undefined);
  server = container.listen({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  connection = await openAmqp({ address: { host: '127.0.0.1', port }, timeoutMs: 5_000 });
});

afterEach(async () => {
  await connection.close();
  await new Promise((resolve) => server.close(resolve));
});

const links = [
  ['receiver', (address: string) => connection.createReceiver({ source: { address }, credit_window: 0 })],
  ['sender', (address: string) => connection.createSender({ target: { address } })],
] as const;

test.each(links)('a refused %s is not taken, though the reason comes later', async (_, open) => {
  const link = await open('refused');
  expect(isTaken(link)).toBe(false);
  const ended = whenEnded(link, 5_000);
  endRefused();
  expect(await ended).toMatchObject(REFUSAL);
  expect(await whenEnded(link, 5_000)).toMatchObject(REFUSAL);
});

test('a side that gives no reason is not waited for', async () => {
  const link = await links[0][1]('refused');
  expect(await whenEnded(link, 1)).toBeUndefined();
});

test.each(links)('a granted %s is taken', async (_, open) => {
  const link = await open('granted');
  expect(isTaken(link)).toBe(true);
  await link.close();
});
