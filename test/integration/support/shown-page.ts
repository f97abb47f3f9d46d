import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { nodePages } from '../../../sidecar/control/node-pages';
import { createSite } from '../../../sidecar/control/page/create-site';
import type { DevNode } from '../../../sidecar/dev-network/dev-network';
import { servePages, type ServedPages } from '../../../sidecar/http/serve-pages';
import { systemClock } from '../../../sidecar/lib/clock';
import { createLogger } from '../../../sidecar/lib/log';
import type { TestNode } from './node';

/** Has the node's configuration say that it has a page at that port, with an operator, and asks before anybody leaves. */
export async function configurePage({ files }: DevNode, port: number, password: string): Promise<void> {
  const secret = join(dirname(files.config), 'operator-password');
  await writeFile(secret, password, { mode: 0o600 });
  const yaml = await readFile(files.config, 'utf8');
  const http = `http: { port: ${port}, operator: { password: { file: ${secret} } } }`;
  await writeFile(files.config, `${yaml}brake: { share: 0, atLeast: 1 }\n${http}\n`);
}

/** The pages of a node that runs in this process, as `netmap run` serves them; what they log goes to the node's log. */
export async function servePage(node: TestNode): Promise<ServedPages> {
  const { config } = node;
  if (config.http === undefined) throw new Error('its configuration has no section http');
  const destination = { write: (line: string) => node.log.push(line) };
  const log = createLogger({ level: 'debug', format: 'json', destination, clock: systemClock });
  const observe = () => node.sidecar.observe();
  return servePages({
    ...config.http,
    pages: nodePages(observe, systemClock),
    site: await createSite({ config, observe, clock: systemClock, log }),
  });
}

/** Somebody else's site, of one page. */
export async function serveForeign(html: string): Promise<{ readonly port: number; close(): void }> {
  const server: Server = createServer((_, answer) => void answer.setHeader('content-type', 'text/html').end(html));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}
