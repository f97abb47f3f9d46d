/** What the status page shows, as it goes over the wire; times are milliseconds since the epoch. */
export interface PageNode {
  /** Now, by this machine's clock. */
  readonly now: number;
  readonly name: string;
  readonly id: string;
  readonly version: string;
  readonly startedAt: number;
  readonly broker: { readonly kind: string; readonly state: string; readonly version?: string };
  readonly map: { readonly peers: number; readonly confirmedAt?: number; readonly failingSince?: number };
  readonly queued: number;
  readonly delivered: number;
  readonly deadLetters: Readonly<Record<string, number>>;
  readonly screen?: { readonly accepted: number; readonly refused: number };
  readonly certificates: readonly { readonly which: string; readonly endsAt: number }[];
  /** What somebody has to look at, the worst first. */
  readonly notices: readonly PageNotice[];
  readonly held?: PageHeldMap;
  readonly changes: readonly PageChange[];
  readonly parked: readonly PageParked[];
  /** Parked inputs that are not among them. */
  readonly moreParked: number;
  readonly departed: readonly { readonly name: string; readonly since: number; readonly messages: number }[];
  readonly moreDeparted: number;
}

export interface PageNotice {
  readonly kind: 'bad' | 'warning';
  readonly title: string;
  readonly text: string;
  readonly since?: number;
  readonly remedy?: string;
}

export interface PageHeldMap {
  readonly reason: string;
  readonly digest: string;
  readonly since: number;
  /** Who would leave, by name where it is known; the first ones. */
  readonly lost: readonly string[];
  readonly moreLost: number;
  /** Whether an operator can log in here. */
  readonly canAccept: boolean;
}

export interface PageChange {
  readonly change: string;
  readonly outcome: 'live' | 'refused' | 'repaired';
  readonly at: number;
  readonly tookMs: number;
  readonly why: string;
  readonly blast: string;
  readonly lines: readonly {
    readonly subject: string;
    readonly what: string;
    readonly why: string;
    readonly blast: string;
  }[];
  readonly more: number;
  readonly problem?: string;
}

export interface PageParked {
  readonly origin: string;
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
  readonly since: number;
}

export interface PagePeer {
  readonly id: string;
  readonly name: string;
  readonly addresses: readonly string[];
  readonly state: string;
  readonly since?: number;
  readonly queued: number;
  readonly oldest?: number;
  readonly inFlight: number;
  readonly delivered: number;
  readonly dead: number;
  readonly failures: number;
  readonly retryAt?: number;
  readonly cause?: string;
  readonly certificate?: number;
}

/** Peers that are new or have changed, and ids of those that are gone. */
export interface PagePeers {
  /** True: these are all. */
  readonly whole: boolean;
  readonly peers: readonly PagePeer[];
  readonly gone: readonly string[];
}
