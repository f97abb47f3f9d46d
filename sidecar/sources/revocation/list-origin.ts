import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { RevocationError } from '../../certificates/revocation-error';
import { messageOf } from '../../lib/errors';
import type { Exchange } from '../http/exchange';

/** Where a revocation list comes from. */
export interface ListOrigin {
  /** A path or an address. */
  readonly name: string;
  /** Longest time between two looks, milliseconds. */
  readonly everyMs: number;
  /** Throws RevocationError REVOCATION_LIST_UNREACHABLE, or the signal's reason. */
  read(signal: AbortSignal): Promise<Uint8Array>;
}

/** Some 100,000 entries. */
const MOST_BYTES = 10 * 1024 * 1024;

export function fileOrigin(path: string, everyMs: number): ListOrigin {
  return {
    name: path,
    everyMs,
    async read() {
      try {
        // Without O_NONBLOCK the opening of a named pipe would wait for a writer, for ever.
        const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
        try {
          const { size } = await handle.stat();
          if (size > MOST_BYTES) throw new RangeError(`it has more than ${MOST_BYTES} bytes`);
          return await handle.readFile();
        } finally {
          await handle.close();
        }
      } catch (cause) {
        throw unreachable(path, messageOf(cause), cause);
      }
    },
  };
}

export function urlOrigin(url: URL, everyMs: number, exchange: Exchange): ListOrigin {
  const question = { method: 'GET', url, headers: { Accept: 'application/pkix-crl' }, maxBytes: MOST_BYTES } as const;
  return {
    name: url.href,
    everyMs,
    async read(signal) {
      let answer;
      try {
        answer = await exchange(question, signal);
      } catch (cause) {
        signal.throwIfAborted();
        throw unreachable(url.href, messageOf(cause), cause);
      }
      if (answer.status !== 200) throw unreachable(url.href, `the answer has the status ${answer.status}`);
      return answer.body;
    },
  };
}

function unreachable(name: string, why: string, cause?: unknown): RevocationError {
  return new RevocationError('REVOCATION_LIST_UNREACHABLE', `the revocation list of ${name} cannot be had: ${why}`, {
    remedy: 'the last good one stays in use until it ends; see whether it can be reached from here',
    decision: 'retry',
    cause,
  });
}
