import { onAbort } from '../../messaging/client/on-abort';

/** The same items, and the signal's reason is thrown when it is aborted: a source that gives nothing keeps nobody from giving up. */
export async function* untilAborted<Item>(
  source: AsyncIterable<Item>,
  signal: AbortSignal,
): AsyncGenerator<Item, void, void> {
  const items = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      signal.throwIfAborted();
      const next = await new Promise<IteratorResult<Item, unknown>>((resolve, reject) => {
        const stop = onAbort(signal, () => reject(signal.reason as Error));
        items.next().then(resolve, reject).finally(stop);
      });
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    // Not waited for: a source that gives nothing may not end, either.
    items.return?.().catch(() => undefined);
  }
}
