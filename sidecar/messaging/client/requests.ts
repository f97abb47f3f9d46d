import type { Clock } from '../../lib/clock';
import { MessagingError } from '../messaging-error';
import type { Content } from '../received-message';
import { aborted } from './errors';
import { onAbort } from './on-abort';

interface Pending<Reply> {
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

/** Requests whose reply has not come. */
export class Requests<Reply extends { readonly correlationId: string | undefined } = Content> {
  private readonly pending = new Map<string, Pending<Reply>>();
  private emptied: (() => void)[] = [];

  constructor(private readonly clock: Clock) {}

  get isEmpty(): boolean {
    return this.pending.size === 0;
  }

  /** Resolves with the reply to the request of this id. Throws MessagingError REQUEST_TIMEOUT or ABORTED. */
  expect(id: string, to: string, timeoutMs: number, signal?: AbortSignal): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        cancel();
        stopListening();
        this.pending.delete(id);
        if (this.isEmpty) for (const tell of this.emptied.splice(0)) tell();
      };
      const pending: Pending<Reply> = {
        resolve: (reply) => {
          end();
          resolve(reply);
        },
        reject: (error) => {
          end();
          reject(error);
        },
      };
      const stopListening = onAbort(signal, () => {
        if (signal !== undefined) pending.reject(aborted(signal));
      });
      const cancel = this.clock.after(timeoutMs, () => {
        const message = `no reply from ${to} within ${timeoutMs} ms`;
        pending.reject(
          new MessagingError('REQUEST_TIMEOUT', message, {
            remedy: 'see whether the other side can be reached: netmap status',
            decision: 'retry',
          }),
        );
      });
      this.pending.set(id, pending);
    });
  }

  /** A reply that nobody waits for any more is dropped. */
  onReply(reply: Reply): void {
    this.pending.get(reply.correlationId ?? '')?.resolve(reply);
  }

  fail(id: string, reason: Error): void {
    this.pending.get(id)?.reject(reason);
  }

  failAll(reason: Error): void {
    for (const pending of [...this.pending.values()]) pending.reject(reason);
  }

  whenEmpty(): Promise<void> {
    if (this.isEmpty) return Promise.resolve();
    return new Promise((resolve) => this.emptied.push(resolve));
  }
}
