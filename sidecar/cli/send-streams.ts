import { startProgress } from '../lib/progress';
import type { SentStream } from '../messaging/large/stream';
import type { Messaging } from '../messaging/messaging';
import { MessagingError } from '../messaging/messaging-error';
import type { CommandContext } from './command';
import { EXIT, type ExitCode } from './exit-codes';
import type { SendOptions } from './send';
import { openSources } from './send-body';
import { withMessaging } from './with-messaging';

/** `netmap send --stream`: one source after the other. */
export async function sendStreams(context: CommandContext, options: SendOptions): Promise<ExitCode> {
  const { clock, output } = context;
  const sources = await openSources(options.file, context.stdin);
  return withMessaging(context, async (messaging, signal) => {
    for (const source of sources) {
      const began = clock.now();
      const sent = await sendStream(context, messaging, signal, options, source);
      const { to, duplicateId, length, sha256, parts } = sent;
      const result = { to, stream: duplicateId, bytes: length, sha256, parts, tookMs: clock.now() - began };
      output.result(result, ({ tookMs }) => {
        return `stream ${duplicateId} of ${length} bytes in ${parts} parts for ${to.name} stored in ${tookMs} ms, SHA-256 ${sha256}`;
      });
    }
    return EXIT.ok;
  });
}

async function sendStream(
  { clock, output, progress }: CommandContext,
  messaging: Messaging,
  signal: AbortSignal,
  { to, topic, property: headers, contentType, duplicateId }: SendOptions,
  source: { readonly bytes?: number; open(): AsyncIterable<Uint8Array> },
): Promise<SentStream> {
  const began = clock.now();
  const shown = startProgress('sending', progress);
  let stored = 0;
  // With an ID of its own it can be resumed: it is left as it is, where one without is ended for its reader, too.
  const leave = (): void => void messaging.close({ timeoutMs: 0 });
  if (duplicateId !== undefined) signal.addEventListener('abort', leave, { once: true });
  try {
    signal.throwIfAborted();
    const sent = await messaging.sendStream(to, source.open(), {
      ...{ topic, headers, contentType, duplicateId },
      ...(duplicateId === undefined ? { signal } : {}),
      onProgress({ bytes }) {
        stored = bytes;
        const perSecond = (bytes * 1000) / Math.max(1, clock.now() - began);
        const total = source.bytes === undefined ? {} : { total: source.bytes };
        shown.update({ done: bytes, unit: 'bytes', perSecond, ...total });
      },
    });
    shown.end();
    return sent;
  } catch (error) {
    shown.end();
    const again = duplicateId === undefined ? '' : '; the same command goes on with the rest';
    if (stored > 0) output.note(`${stored} bytes were stored before${again}`);
    if (signal.aborted && error instanceof MessagingError) throw signal.reason as Error;
    throw error;
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
