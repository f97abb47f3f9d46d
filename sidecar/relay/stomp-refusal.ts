import { blamesMessage, isLasting } from './error-words';
import { RelayError } from './relay-error';
import type { StompFrame } from './stomp-frames';

/** What a peer said in an ERROR frame; it closes the connection after it. */
export class StompRefusal extends RelayError {
  private constructor(
    /** The peer's words. */
    readonly words: string,
    /** Number of the message's receipt, where the frame has one. */
    readonly receipt: number | undefined,
    where: string,
  ) {
    const [code, what] = blamesMessage(words)
      ? (['RELAY_MESSAGE_REFUSED', 'a message'] as const)
      : (['RELAY_REFUSED', 'the connection'] as const);
    super(code, `${where} refuses ${what}: ${words}`, {
      decision: isLasting(words) ? 'alarm' : 'retry',
      ...(isLasting(words) ? { remedy: 'settle it with the peer: compare info bundles and certificates' } : {}),
    });
  }

  static of({ headers, body }: StompFrame, where: string): StompRefusal {
    const said = headers['message'] ?? '';
    const words = (said === '' ? body.trim() : said).slice(0, 500);
    const id = headers['receipt-id'];
    const receipt = id !== undefined && /^\d{1,15}$/.test(id) ? Number(id) : undefined;
    return new StompRefusal(words === '' ? 'it gives no reason' : words, receipt, where);
  }

  get blamesMessage(): boolean {
    return this.code === 'RELAY_MESSAGE_REFUSED';
  }

  get isLasting(): boolean {
    return this.decision === 'alarm';
  }
}
