import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ManualClock, systemClock, type Clock } from '../../lib/clock';
import { httpExchange, type Answer, type Question } from './exchange';

let server: Server;
let base: string;
let seen: { method: string; url: string; headers: string[]; body: string }[];
let answer: (response: ServerResponse, url: string) => void;

beforeEach(async () => {
  seen = [];
  answer = (response) => response.end('well');
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', rawHeaders } = request;
      seen.push({ method, url, headers: rawHeaders, body: Buffer.concat(chunks).toString() });
      answer(response, url);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function ask(question: Partial<Question> = {}, clock: Clock = systemClock, signal = new AbortController().signal) {
  const exchange = httpExchange({ clock, silenceMs: 30_000, wholeMs: 300_000 });
  const whole: Question = { method: 'GET', url: new URL(`${base}/a`), headers: {}, maxBytes: 1000, ...question };
  return exchange(whole, signal);
}
const failure = (promise: Promise<Answer>): Promise<unknown> => promise.catch((error: unknown) => error);

/** Advances the clock until the question is settled; what comes over the network needs real turns of the loop. */
async function settleBy<Result>(clock: ManualClock, promise: Promise<Result>): Promise<Result> {
  let isSettled = false;
  void promise.finally(() => (isSettled = true)).catch(() => undefined);
  while (!isSettled) {
    await new Promise((resolve) => setImmediate(resolve));
    if (seen.length > 0) await clock.advance(10_000);
  }
  return promise;
}

test('asks with the headers as written, and gives status, headers and body', async () => {
  answer = (response) => response.writeHead(203, { 'X-Corda-Server-Version': '2', ETag: '"7"' }).end('well');
  const { status, headers, body } = await ask({ headers: { 'Platform-Version': '12' } });
  expect([status, headers.get('x-corda-server-version'), headers.get('etag'), body.toString()]).toEqual([
    203,
    '2',
    '"7"',
    'well',
  ]);
  expect(seen[0]?.headers).toEqual(expect.arrayContaining(['Platform-Version', '12']));
});

test('posts a body with its length', async () => {
  await ask({ method: 'POST', body: Buffer.from('node info') });
  expect(seen).toMatchObject([{ method: 'POST', body: 'node info' }]);
  expect(seen[0]?.headers).toEqual(expect.arrayContaining(['Content-Length', '9']));
});

test('nobody answers there', async () => {
  const gone = new URL(base);
  gone.port = '1';
  await expect(ask({ url: gone })).rejects.toMatchObject({ code: 'MAP_SERVICE_UNREACHABLE', decision: 'retry' });
});

test('half a body is no body', async () => {
  answer = (response) => {
    response.writeHead(200, { 'Content-Length': '100' });
    response.write('half', () => response.destroy());
  };
  await expect(ask()).rejects.toMatchObject({ code: 'MAP_SERVICE_UNREACHABLE' });
});

test('an answer that says how large it is is refused before it is read', async () => {
  answer = (response) => {
    response.writeHead(200, { 'Content-Length': '1000000000' });
    response.write('x');
  };
  await expect(ask()).rejects.toMatchObject({ code: 'MAP_SERVICE_ANSWER_TOO_LARGE' });
});

test('a gigabyte that does not say so is refused as soon as it is too much', async () => {
  let sent = 0;
  answer = (response) => {
    const more = (): void => {
      sent += 1;
      if (!response.destroyed) response.write(Buffer.alloc(65_536), () => setImmediate(more));
    };
    more();
  };
  await expect(ask()).rejects.toMatchObject({ code: 'MAP_SERVICE_ANSWER_TOO_LARGE' });
  expect(sent).toBeLessThan(1000);
});

test('silence ends after its time: before the answer, and within it', async () => {
  const clock = new ManualClock();
  answer = () => undefined;
  const silent = await settleBy(clock, failure(ask({}, clock)));
  expect(silent).toMatchObject({ code: 'MAP_SERVICE_TIMEOUT', message: expect.stringContaining('30 s') as string });
  expect(clock.now()).toBe(30_000);
  seen = [];
  answer = (response) => void response.writeHead(200).write('half');
  expect(await settleBy(clock, failure(ask({}, clock)))).toMatchObject({ code: 'MAP_SERVICE_TIMEOUT' });
});

test('a trickle ends after the whole time, though it is never silent for long', async () => {
  const clock = new ManualClock();
  let response: ServerResponse | undefined;
  answer = (trickling) => {
    response = trickling;
    trickling.writeHead(200);
  };
  const asked = failure(ask({}, clock));
  let isSettled = false;
  void asked.then(() => (isSettled = true));
  while (!isSettled) {
    await new Promise((resolve) => setImmediate(resolve));
    if (response === undefined || response.destroyed) continue;
    await new Promise((resolve) => response?.write('.', resolve));
    await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(1000);
  }
  expect(await asked).toMatchObject({
    code: 'MAP_SERVICE_TIMEOUT',
    message: expect.stringContaining('300 s') as string,
  });
});

test('goes after a redirect on the same host, not to another, and not for ever', async () => {
  answer = (response, url) =>
    url === '/a' ? response.writeHead(302, { Location: '/b' }).end() : response.end('there');
  expect((await ask()).body.toString()).toBe('there');
  answer = (response) => response.writeHead(302, { Location: 'http://127.0.0.2/' }).end();
  await expect(ask()).rejects.toMatchObject({ code: 'MAP_SERVICE_REDIRECT' });
  answer = (response) => response.writeHead(307, { Location: '/a' }).end();
  await expect(ask()).rejects.toMatchObject({ code: 'MAP_SERVICE_REDIRECT' });
  answer = (response) => response.writeHead(302, { Location: 'http://[' }).end();
  await expect(ask()).rejects.toMatchObject({ code: 'MAP_SERVICE_REDIRECT' });
});

test('what is posted is never sent on to somebody else', async () => {
  answer = (response) => response.writeHead(307, { Location: '/b' }).end();
  expect((await ask({ method: 'POST', body: Buffer.from('x') })).status).toBe(307);
  expect(seen).toHaveLength(1);
});

test('ends when told to', async () => {
  const abort = new AbortController();
  answer = () => abort.abort(new Error('stopped'));
  await expect(ask({}, systemClock, abort.signal)).rejects.toThrow('stopped');
  await expect(ask({}, systemClock, abort.signal)).rejects.toThrow('stopped');
});

test('leaves no timer behind', async () => {
  const clock = new ManualClock();
  let timers = 0;
  const counting: Clock = {
    now: () => clock.now(),
    after(ms, callback) {
      timers += 1;
      const cancel = clock.after(ms, callback);
      let isCancelled = false;
      return () => {
        if (!isCancelled) timers -= 1;
        isCancelled = true;
        cancel();
      };
    },
  };
  await ask({}, counting);
  expect(timers).toBe(0);
});
