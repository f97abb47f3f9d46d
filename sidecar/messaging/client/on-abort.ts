const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back once when the signal is aborted, unless the returned function is called before. One listener for a signal that
 * thousands of messages share: Node.js takes more than a few for a leak.
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal === undefined) return () => undefined;
  if (signal.aborted) return soon(callback);
  let callbacks = waiting.get(signal);
  if (callbacks === undefined) {
    const all = new Set<() => void>();
    waiting.set(signal, all);
    signal.addEventListener(
      'abort',
      () => {
        for (const each of [...all]) each();
      },
      { once: true },
    );
    callbacks = all;
  }
  callbacks.add(callback);
  return () => callbacks.delete(callback);
}

/** Not at once: who asks may not be ready for the answer. */
function soon(callback: () => void): () => void {
  let isWanted = true;
  queueMicrotask(() => {
    if (isWanted) callback();
  });
  return () => (isWanted = false);
}
