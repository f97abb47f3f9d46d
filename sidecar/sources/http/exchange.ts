import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Clock } from '../../lib/clock';
import { messageOf } from '../../lib/errors';
import { MapServiceError } from './map-service-error';

export interface Question {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** A larger answer is refused as soon as it is seen to be, bytes. */
  readonly maxBytes: number;
}

export interface Answer {
  readonly status: number;
  /** By lower-case name; of a repeated one the first. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

export interface ExchangeSettings {
  readonly clock: Clock;
  /** Longest silence while connecting, waiting and reading, milliseconds. */
  readonly silenceMs: number;
  /** Longest time for one answer as a whole, milliseconds. */
  readonly wholeMs: number;
  /** Certificates (PEM) to trust the service's server by, instead of the public ones. */
  readonly trust?: string;
}

export type Exchange = (question: Question, signal: AbortSignal) => Promise<Answer>;

const MOST_REDIRECTS = 3;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 307, 308]);

/**
 * Puts questions to a service over HTTP or HTTPS, one connection each. Goes after redirects on the same host alone, for
 * GET alone. Rejects with MapServiceError, or the signal's reason.
 */
export function httpExchange(settings: ExchangeSettings): Exchange {
  return async (question, signal) => {
    let { url } = question;
    for (let turn = 0; turn <= MOST_REDIRECTS; turn += 1) {
      const answer = await askOnce({ ...question, url }, settings, signal);
      const target =
        question.method === 'GET' && REDIRECTS.has(answer.status) ? answer.headers.get('location') : undefined;
      if (target === undefined) return answer;
      const next = URL.canParse(target, url.href) ? new URL(target, url) : undefined;
      if (next?.origin !== url.origin) {
        throw new MapServiceError('MAP_SERVICE_REDIRECT', `${url.href} sends us to ${next?.origin ?? 'nowhere'}`);
      }
      url = next;
    }
    throw new MapServiceError('MAP_SERVICE_REDIRECT', `${question.url.href} sends us on and on`);
  };
}

async function askOnce(question: Question, settings: ExchangeSettings, signal: AbortSignal): Promise<Answer> {
  const { url, method, headers, body } = question;
  const options: RequestOptions & { ca?: string } = {
    method,
    agent: false,
    headers: { ...headers, ...(body === undefined ? {} : { 'Content-Length': String(body.length) }) },
    ...(settings.trust === undefined ? {} : { ca: settings.trust }),
  };
  signal.throwIfAborted();
  const request = url.protocol === 'https:' ? requestHttps(url, options) : requestHttp(url, options);
  return new Promise((resolve, reject) => {
    const late = (what: string): void => fail(new MapServiceError('MAP_SERVICE_TIMEOUT', `${url.href} ${what}`));
    const listen = (): (() => void) =>
      settings.clock.after(settings.silenceMs, () => late(`said nothing for ${settings.silenceMs / 1000} s`));
    let quiet = listen();
    const cancelWhole = settings.clock.after(settings.wholeMs, () =>
      late(`was not done with its answer after ${settings.wholeMs / 1000} s`),
    );
    signal.addEventListener('abort', onAbort, { once: true });
    request.on('error', (cause) => fail(broken(url, cause)));
    request.on('response', (response) => {
      const onData = (): void => {
        quiet();
        quiet = listen();
      };
      readBody(response, question, onData).then((read) => end(() => resolve(answerOf(response, read))), fail);
    });
    request.end(body);

    function onAbort(): void {
      fail(signal.reason as Error);
    }
    function fail(error: Error): void {
      end(() => reject(error));
    }
    function end(settle: () => void): void {
      quiet();
      cancelWhole();
      signal.removeEventListener('abort', onAbort);
      settle();
      request.destroy();
    }
  });
}

async function readBody(response: IncomingMessage, { url, maxBytes }: Question, onData: () => void): Promise<Buffer> {
  const tooLarge = (): MapServiceError =>
    new MapServiceError('MAP_SERVICE_ANSWER_TOO_LARGE', `${url.href} answers with more than ${maxBytes} bytes`);
  if (Number(response.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      onData();
      length += chunk.length;
      if (length > maxBytes) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (cause) {
    throw cause instanceof MapServiceError ? cause : broken(url, cause);
  }
  return Buffer.concat(chunks);
}

function answerOf(response: IncomingMessage, body: Buffer): Answer {
  const headers = Object.entries(response.headers).map(([name, value]): [string, string] => {
    return [name, (Array.isArray(value) ? value[0] : value) ?? ''];
  });
  return { status: response.statusCode ?? 0, headers: new Map(headers), body };
}

function broken(url: URL, cause: unknown): MapServiceError {
  const message = `the connection to ${url.href} failed: ${messageOf(cause)}`;
  return new MapServiceError('MAP_SERVICE_UNREACHABLE', message, cause);
}
