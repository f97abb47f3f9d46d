import { createServer, type AddressInfo } from 'node:net';
import { freePortRow } from './free-ports';

/** As a share of the range: the row that starts at `port` when four are asked for. */
const shareOf = (port: number): number => (port - 15_000) / (30_000 - 15_000 - 4);

test('a row with a port in use is passed over', async () => {
  const row = await freePortRow(4, Math.random);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(row + 2, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const shares = [shareOf(row) + 1e-9, shareOf(row - 4) + 1e-9];
    const found = await freePortRow(4, () => shares.shift() ?? Math.random());
    expect(found <= port && port < found + 4).toBe(false);
    expect(shares.length).toBeLessThan(2);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

test('rows lie below the ports of outgoing connections', async () => {
  expect(await freePortRow(16, () => 0.999_999)).toBeLessThan(30_000 - 15);
});
