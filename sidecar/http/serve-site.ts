import { isIP } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../lib/log';
import { MOST_WATCHERS, type LiveFeed } from './live-feed';
import type { OperatorSessions } from './operator-sessions';
import { pageFiles } from './page-files';

export interface SiteOptions {
  readonly feed: LiveFeed;
  /** Names under which browsers are answered, besides localhost and IP addresses. */
  readonly names: readonly string[];
  readonly log: Logger;
  /** Who may accept a held map; absent: nobody. */
  readonly operator?: {
    readonly sessions: OperatorSessions;
    /** Lets the held map of this digest go on; false where it is not the one that is held. */
    readonly accept: (digest: string) => Promise<boolean>;
  };
}

/** Nothing but our own files runs, loads or is asked; nobody may put the page into a frame. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; " +
    "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;
const COOKIE = 'netmap_operator';
const PROOF = 'x-netmap-proof';

/** The status page, its events and what an operator can do. */
export function serveSite(server: FastifyInstance, options: SiteOptions): void {
  const { feed, names, operator, log } = options;
  void server.register(async (site) => {
    site.addHook('onRequest', async (request, reply) => {
      reply.headers(HEADERS);
      if (!isGoodHost(request.hostname, names))
        return reply.code(421).type('text/plain').send('this name is not among http.names of the configuration\n');
      if (request.method !== 'GET' && request.headers['sec-fetch-site'] === 'cross-site') return reply.code(403).send();
    });
    for (const { path, contentType, content } of pageFiles())
      site.get(path, async (_request, reply) => reply.type(contentType).send(content));
    site.get('/events', (_request, reply) => {
      if (feed.watching >= MOST_WATCHERS) return reply.code(503).send();
      stream(feed, reply);
    });
    site.get('/operator', async (request) => {
      const proof = operator?.sessions.proofOf(cookieOf(request));
      return { isConfigured: operator !== undefined, ...(proof === undefined ? {} : { proof }) };
    });
    if (operator === undefined) return;
    const { sessions, accept } = operator;
    site.post('/operator/login', async (request, reply) => {
      const found = sessions.logIn(textIn(request.body, 'password'));
      if (found === 'wrong') {
        log.warn('a wrong password for the status page', { from: request.ip });
        return reply.code(403).send({ error: 'The password is wrong.' });
      }
      if ('wait' in found) {
        const seconds = Math.ceil(found.wait / 1000);
        return reply
          .code(429)
          .header('retry-after', seconds)
          .send({ error: `Try again in ${seconds} seconds.` });
      }
      log.info('an operator has logged in on the status page', { from: request.ip });
      return reply.header('set-cookie', cookie(found.token)).send({ proof: found.proof });
    });
    site.post('/operator/logout', async (request, reply) => {
      sessions.logOut(cookieOf(request));
      return reply.header('set-cookie', cookie('', 0)).send({});
    });
    site.post('/operator/accept', async (request, reply) => {
      if (!sessions.may(cookieOf(request), String(request.headers[PROOF] ?? '')))
        return reply.code(401).send({ error: 'Log in first.' });
      const digest = textIn(request.body, 'digest');
      if (!(await accept(digest))) return reply.code(409).send({ error: 'Another map is held by now.' });
      log.info('an operator has accepted a map on the status page', { from: request.ip, digest });
      return {};
    });
  });
}

function stream(feed: LiveFeed, reply: FastifyReply): void {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' });
  let behind = false;
  const stop = feed.watch({
    write: (text) => {
      // The first one, all that there is, may be larger than what is taken at once.
      const was = behind;
      behind = !raw.write(text);
      return !was || !behind;
    },
    end: () => raw.end(),
  });
  raw.on('drain', () => (behind = false));
  raw.on('close', stop);
}

/** A foreign page may have its own name point here; it cannot have an address or localhost do so. */
function isGoodHost(host: string, names: readonly string[]): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  return isIP(name) !== 0 || name === 'localhost' || names.some((one) => one.toLowerCase() === name);
}

function cookie(token: string, seconds?: number): string {
  const age = seconds === undefined ? '' : `; Max-Age=${seconds}`;
  return `${COOKIE}=${token}; Path=/operator; HttpOnly; SameSite=Strict${age}`;
}

function cookieOf({ headers }: FastifyRequest): string {
  const cookies = (headers.cookie ?? '').split(';').map((one) => one.trim());
  return cookies.find((one) => one.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1) ?? '';
}

function textIn(body: unknown, name: string): string {
  const value = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
  return typeof value === 'string' ? value : '';
}
