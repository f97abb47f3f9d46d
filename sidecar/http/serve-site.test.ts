import { request } from 'node:http';
import { ManualClock } from '../lib/clock';
import { silentLogger } from '../lib/log';
import { LiveFeed } from './live-feed';
import { OperatorSessions } from './operator-sessions';
import type { PageNode, PagePeer } from './page-model';
import { servePages, type ServedPages } from './serve-pages';

const PASSWORD = 'a long password';
let served: ServedPages;
let clock: ManualClock;
let feed: LiveFeed;
let accepted: string[];
let peers: PagePeer[];

const NODE = { now: 0, name: 'O=Me', queued: 0 } as PageNode;
const peer = (id: string, queued = 0): PagePeer => ({
  ...{ id, name: id, addresses: [], state: 'idle', queued },
  ...{ inFlight: 0, delivered: 0, dead: 0, failures: 0 },
});

beforeEach(async () => {
  clock = new ManualClock(1_000_000);
  accepted = [];
  peers = [peer('A'), peer('B')];
  let tokens = 0;
  const sessions = new OperatorSessions({ password: PASSWORD, clock, newToken: () => `token-${++tokens}` });
  const accept = async (digest: string): Promise<boolean> => {
    accepted.push(digest);
    return digest === 'D';
  };
  feed = new LiveFeed({ node: () => NODE, peers: () => peers, clock });
  const site = { feed, names: ['netmap.example'], log: silentLogger, operator: { sessions, accept } };
  served = await servePages({ host: '127.0.0.1', port: 0, pages: {}, site });
});
afterEach(() => served.close());

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
  readonly headers: NodeJS.Dict<string | string[]>;
}

function ask(path: string, headers: Record<string, string> = {}, body?: object): Promise<Answer> {
  const method = body === undefined ? 'GET' : 'POST';
  const content = body === undefined ? {} : { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const asked = request(
      { port: served.port, host: '127.0.0.1', path, method, headers: { ...content, ...headers } },
      (answer) => {
        let text = '';
        answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
        answer.on('end', () => resolve({ status: answer.statusCode, body: text, headers: answer.headers }));
      },
    );
    asked.on('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function logIn(): Promise<{ cookie: string; proof: string }> {
  const answer = await ask('/operator/login', {}, { password: PASSWORD });
  const [cookie = ''] = answer.headers['set-cookie'] ?? [];
  expect(cookie).toMatch(/; HttpOnly; SameSite=Strict$/);
  return { cookie: cookie.split(';')[0] ?? '', proof: (JSON.parse(answer.body) as { proof: string }).proof };
}

test('each file of the page comes under a policy that lets nothing foreign or written into it run', async () => {
  for (const path of ['/', '/page.css', '/page.js', '/dom.js', '/icon.svg']) {
    const { status, headers } = await ask(path);
    expect([path, status]).toEqual([path, 200]);
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'/);
    expect(headers['content-security-policy']).not.toMatch(/unsafe|\*|https?:/);
    expect(headers['x-content-type-options']).toBe('nosniff');
  }
  expect((await ask('/')).body).not.toMatch(/<script(?![^>]* src=)|<style| style=| on[a-z]+=/);
  expect((await ask('/..%2fserve-site.ts')).status).toBe(404);
});

test.each([
  ['127.0.0.1', 200],
  ['127.0.0.1:9464', 200],
  ['[::1]:9464', 200],
  ['localhost:9464', 200],
  ['NETMAP.example', 200],
  ['evil.example', 421],
  ['127.0.0.1.evil.example', 421],
])('a browser that asks for %s gets %d', async (host, status) => {
  expect((await ask('/', { host })).status).toBe(status);
});

test('a map is accepted by who has logged in and proves that the page asks, and by nobody else', async () => {
  const { cookie, proof } = await logIn();
  const other = await logIn();
  const accept = (headers: Record<string, string>, digest = 'D') => ask('/operator/accept', headers, { digest });
  expect((await accept({})).status).toBe(401);
  expect((await accept({ cookie })).status).toBe(401);
  expect((await accept({ 'x-netmap-proof': proof })).status).toBe(401);
  expect((await accept({ cookie, 'x-netmap-proof': other.proof })).status).toBe(401);
  expect((await accept({ cookie, 'x-netmap-proof': proof, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  expect(accepted).toEqual([]);
  expect((await accept({ cookie, 'x-netmap-proof': proof }, 'other')).status).toBe(409);
  expect((await accept({ cookie, 'x-netmap-proof': proof })).status).toBe(200);
  expect(accepted).toEqual(['other', 'D']);
  expect(JSON.parse((await ask('/operator', { cookie })).body)).toEqual({ isConfigured: true, proof });
  await ask('/operator/logout', { cookie }, {});
  expect((await accept({ cookie, 'x-netmap-proof': proof })).status).toBe(401);
});

test('a login ends after eight hours', async () => {
  const { cookie, proof } = await logIn();
  await clock.advance(8 * 3_600_000);
  expect((await ask('/operator/accept', { cookie, 'x-netmap-proof': proof }, { digest: 'D' })).status).toBe(401);
});

test('after five wrong passwords not even the right one is looked at for a minute', async () => {
  const tryIt = async (password: unknown) => (await ask('/operator/login', {}, { password })).status;
  for (const wrong of ['', 'x', 7, null, `${PASSWORD} `]) expect(await tryIt(wrong)).toBe(403);
  expect(await tryIt(PASSWORD)).toBe(429);
  await clock.advance(60_000);
  expect(await tryIt(PASSWORD)).toBe(200);
});

describe('who watches', () => {
  function watcher() {
    const texts: string[] = [];
    let ended = false;
    const one = { takes: true, texts, isEnded: () => ended };
    return Object.assign(one, {
      write: (text: string) => {
        texts.push(text);
        return one.takes;
      },
      end: () => (ended = true),
    });
  }

  test('is given all that there is, then what changes, and now and then a sign of life', async () => {
    const one = watcher();
    feed.watch(one);
    expect(one.texts.join('')).toMatch(
      /^retry: 2000\nevent: node\ndata: \{.*\}\n\nevent: peers\ndata: \{"whole":true,/,
    );
    await clock.advance(1_000);
    peers = [peer('A', 3)];
    one.texts.length = 0;
    await clock.advance(1_000);
    expect(one.texts).toEqual([
      `event: peers\ndata: ${JSON.stringify({ whole: false, peers: [peer('A', 3)], gone: ['B'] })}\n\n`,
    ]);
    await clock.advance(16_000);
    expect(one.texts.at(-1)).toBe('event: alive\ndata: {}\n\n');
  });

  test('and does not keep up is sent away', async () => {
    const [slow, good] = [watcher(), watcher()];
    slow.takes = false;
    feed.watch(slow);
    const stop = feed.watch(good);
    peers = [peer('A', 1)];
    await clock.advance(1_000);
    expect([slow.isEnded(), good.isEnded(), feed.watching]).toEqual([true, false, 1]);
    stop();
    expect(feed.watching).toBe(0);
  });
});
