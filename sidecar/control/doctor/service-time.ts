import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Config } from '../../config/config';
import type { Clock } from '../../lib/clock';

/** What another machine takes for the time, milliseconds since the epoch, and what we took for it at that moment. */
export interface ServiceTime {
  readonly theirs: number;
  readonly ours: number;
}

/** By the answer to HTTP's mildest question, whatever else is said in it and whoever signed for it. */
export function askTime({ sources }: Config, clock: Clock, timeoutMs: number): Promise<ServiceTime | undefined> {
  const url = sources.find(({ networkMap }) => networkMap !== undefined)?.networkMap?.url;
  if (url === undefined) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    // A clock that is off makes a good certificate look bad: nothing is sent, and only the time is read.
    const options = { method: 'HEAD', timeout: timeoutMs, agent: false, rejectUnauthorized: false };
    const asked = (url.startsWith('https:') ? requestHttps : requestHttp)(url, options);
    asked.once('response', ({ headers: { date = '' } }) => {
      const theirs = Date.parse(date);
      resolve(Number.isNaN(theirs) ? undefined : { theirs, ours: clock.now() });
      asked.destroy();
    });
    asked.once('timeout', () => asked.destroy());
    asked.on('error', () => resolve(undefined)).once('close', () => resolve(undefined));
    asked.end();
  });
}
