import { fastify } from 'fastify';
import { messageOf } from '../lib/errors';
import { HttpError } from './http-error';
import { serveSite, type SiteOptions } from './serve-site';

/** What is answered to a GET. */
export interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export interface PagesOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** By path. */
  readonly pages: Readonly<Record<string, () => Page | Promise<Page>>>;
  /** The status page; absent: none. */
  readonly site?: SiteOptions;
}

export interface ServedPages {
  readonly port: number;
  close(): Promise<void>;
}

/** Nothing here takes more than a password, and nobody needs long to ask. */
const BODY_BYTES = 1_024;
const REQUEST_MS = 10_000;

/** Serves health, metrics and the status page. Throws HttpError HTTP_LISTEN. */
export async function servePages({ host, port, pages, site }: PagesOptions): Promise<ServedPages> {
  const server = fastify({ bodyLimit: BODY_BYTES, requestTimeout: REQUEST_MS, forceCloseConnections: true });
  for (const [path, page] of Object.entries(pages)) {
    server.get(path, async (_request, reply) => {
      const { status, contentType, body } = await page();
      return reply.code(status).type(contentType).header('cache-control', 'no-store').send(body);
    });
  }
  if (site !== undefined) serveSite(server, site);
  try {
    await server.listen({ host, port });
  } catch (cause) {
    throw new HttpError(
      'HTTP_LISTEN',
      `status page, health and metrics cannot be served at ${host}:${port}: ${messageOf(cause)}`,
      {
        remedy: 'choose another port in the section http of the configuration',
        cause,
      },
    );
  }
  const address = server.server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: async () => {
      site?.feed.close();
      await server.close();
    },
  };
}
