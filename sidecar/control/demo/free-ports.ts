import { createServer } from 'node:net';
import { DemoError } from './demo-error';

/** Below what operating systems give to outgoing connections, one of which could take the port of a node that is away. */
const FIRST = 15_000;
const LAST = 30_000;
const TRIES = 50;

/** The first of `count` ports in a row that nobody listens on. Throws DemoError DEMO_PORTS. */
export async function freePortRow(count: number, random: () => number): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const first = FIRST + Math.floor(random() * (LAST - FIRST - count));
    if (await allFree(first, count)) return first;
  }
  throw new DemoError('DEMO_PORTS', `no ${count} ports in a row are free between ${FIRST} and ${LAST}`, {
    remedy: 'end some of the programs that listen there',
  });
}

async function allFree(first: number, count: number): Promise<boolean> {
  for (let port = first; port < first + count; port += 1) if (!(await isFree(port))) return false;
  return true;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port }, () => server.close(() => resolve(true)));
  });
}
