/**
 * - stored: an application's own broker has it
 * - crossed: it came to another node's broker
 * - lost: it was under way to another node and did not arrive; it is sent again
 * - unconfirmed: it arrived, but the sender's broker was not told; it is sent again
 * - repeated: it came a second time, and was dropped
 * - delivered, acknowledged, given-back, dead, expired: at the node that reads it
 * - failed: an application was told that its message was not sent, or that its request got no reply
 * - cut: an application lost its connection; admitted: it may connect again
 * - parted: nothing passes between two nodes any more; mended: it does again
 * - left: a node is not on the map any more; joined: it is again
 */
export type TraceKind =
  | 'stored'
  | 'crossed'
  | 'lost'
  | 'unconfirmed'
  | 'repeated'
  | 'delivered'
  | 'acknowledged'
  | 'given-back'
  | 'dead'
  | 'expired'
  | 'failed'
  | 'cut'
  | 'admitted'
  | 'parted'
  | 'mended'
  | 'left'
  | 'joined';

export interface TraceEntry {
  /** Milliseconds since the epoch, by the network's clock. */
  readonly at: number;
  readonly kind: TraceKind;
  /** Names of nodes; `to` where it goes to another one, or concerns both. */
  readonly from: string;
  readonly to?: string;
  readonly message?: { readonly id: string; readonly what: string; readonly bytes: number };
  readonly note?: string;
}

const ARROWS: Partial<Record<TraceKind, string>> = {
  crossed: '->>',
  lost: '--x',
  unconfirmed: '-x',
  repeated: '-->>',
};

/** What crossed a network, to look at. */
export class Trace {
  private readonly all: TraceEntry[] = [];

  get entries(): readonly TraceEntry[] {
    return this.all;
  }

  add(entry: TraceEntry): void {
    this.all.push(entry);
  }

  /** A sequence diagram in Mermaid's language; times count from `start`, which is the first event unless given. */
  toMermaid(start = this.all[0]?.at ?? 0): string {
    const names = [...new Set(this.all.flatMap(({ from, to }) => (to === undefined ? [from] : [from, to])))];
    const alias = new Map(names.map((name, index) => [name, `N${index + 1}`]));
    const of = (name: string): string => alias.get(name) ?? name;
    const lines = this.all.map(({ at, kind, from, to, message, note }) => {
      const words = [`+${at - start} ms`, kind, message?.what, message?.id.slice(0, 6), note];
      const text = clean(words.filter((word) => word !== undefined && word !== '').join(' '));
      const arrow = to === undefined ? undefined : ARROWS[kind];
      if (arrow !== undefined && to !== undefined) return `  ${of(from)}${arrow}${of(to)}: ${text}`;
      return `  Note over ${[from, ...(to === undefined ? [] : [to])].map(of).join(',')}: ${text}`;
    });
    const participants = names.map((name) => `  participant ${of(name)} as ${clean(name)}`);
    return ['sequenceDiagram', ...participants, ...lines, ''].join('\n');
  }

  toJSON(): readonly TraceEntry[] {
    return this.all;
  }
}

/** Mermaid takes these as its own signs. */
function clean(text: string): string {
  return text.replace(/[;#\n\r]/g, ' ');
}
