import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Login, ToApplication } from './application-child';
import type { BenchContext } from './bench-context';

/** Reads so many messages of its queue and acknowledges each; resolves when it has. */
export type Application = (count: number) => Promise<void>;

/** An application in a process of its own that reads over AMQP by rhea alone; it is ended with the part. */
export async function startApplication(context: BenchContext, login: Login, source: string): Promise<Application> {
  const child = fork(join(__dirname, 'application-child.js'));
  const ended = once(child, 'exit').then(() => {
    throw new Error('the application has ended');
  });
  context.onEnd(async () => {
    if (child.connected) child.disconnect();
    await ended.catch(() => undefined);
  });
  const ask = async (what: ToApplication): Promise<void> => {
    child.send(what);
    await Promise.race([once(child, 'message', { signal: context.signal }), ended]);
  };
  await ask({ login, source });
  return (count) => ask({ count });
}
