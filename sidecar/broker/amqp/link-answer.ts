import type { AwaitableSender, Receiver, Sender } from 'rhea-promise';
import { systemClock } from '../../lib/clock';

export type AnyLink = Receiver | Sender | AwaitableSender;

/** Why the other side ends a link, in AMQP's terms. */
export interface LinkCondition {
  readonly condition?: string;
  readonly description?: string;
}

/**
 * Whether the other side has taken the link. It answers a link that it refuses, too, but with an empty end of its own;
 * the reason follows when it detaches, perhaps later (AMQP 1.0, 2.6.3): see `whenEnded`.
 */
export function isTaken(link: AnyLink): boolean {
  return link.isOpen() && isThere(link.isSender() ? link.target : link.source);
}

/** The other side's reason for ending the link, once it has; undefined where it gives none within `timeoutMs`. */
export async function whenEnded(link: AnyLink, timeoutMs: number): Promise<LinkCondition | undefined> {
  const events = ['receiver_error', 'receiver_close', 'sender_error', 'sender_close'];
  if (link.isOpen() && link.error === undefined) {
    await new Promise<void>((resolve) => {
      const cancel = systemClock.after(timeoutMs, resolve);
      for (const event of events) {
        link.once(event, () => {
          cancel();
          resolve();
        });
      }
    });
  }
  return link.error as LinkCondition | undefined;
}

/** An end that was left out is undefined or null, one that was sent as null is the library's object for that. */
function isThere(terminus: unknown): boolean {
  if (typeof terminus !== 'object' || terminus === null) return false;
  return !('value' in terminus && terminus.value === null);
}
