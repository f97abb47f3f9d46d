/** Who is on a network of memory, what goes wrong there, and who sends what to whom. Times are milliseconds from the start. */
export interface Scenario {
  readonly seed: number;
  readonly lastsMs: number;
  /** X.500 names by short name. */
  readonly nodes: Readonly<Record<string, string>>;
  readonly services: Readonly<Record<string, ScenarioService>>;
  readonly network: {
    readonly delayMs: { readonly min: number; readonly max: number };
    /** From 0 to 1. */
    readonly loss: number;
    /** From 0 to 1. */
    readonly repeated: number;
    readonly reorder: boolean;
    readonly resendMs: number;
    readonly applicationDelayMs: number;
  };
  readonly redelivery: {
    readonly delayMs: number;
    readonly multiplier: number;
    readonly maxDelayMs: number;
    readonly maxAttempts: number;
  };
  readonly faults: readonly ScenarioFault[];
  readonly consumers: readonly ScenarioConsumer[];
  readonly steps: readonly ScenarioStep[];
}

export interface ScenarioService {
  /** X.500 name. */
  readonly name: string;
  /** Short names of nodes. */
  readonly offeredBy: readonly string[];
}

/** One of `part`, `cut` and `leave`, with short names of nodes. */
export interface ScenarioFault {
  readonly atMs: number;
  /** To the end unless given; of `cut`: until it may connect again, at once unless given. */
  readonly forMs?: number;
  readonly part?: readonly [string, string];
  readonly cut?: string;
  readonly leave?: string;
}

/** Acknowledges unless it says otherwise. */
export interface ScenarioConsumer {
  /** Short name. */
  readonly node: string;
  /** Short name of a service that the node offers. */
  readonly as?: string;
  readonly topic?: string;
  readonly fromMs: number;
  readonly workMs: number;
  readonly concurrency: number;
  /** Attempts of each message that are given back first. */
  readonly retryLater: number;
  readonly reply?: { readonly body: string; readonly topic?: string };
  /** Why; the message goes to the dead letters. */
  readonly reject?: string;
}

export interface ScenarioStep {
  readonly atMs: number;
  /** Short name of a node. */
  readonly from: string;
  /** Short name of a node or a service. */
  readonly to: string;
  readonly body: string;
  readonly topic?: string;
  readonly duplicateId?: string;
  readonly timeToLiveMs?: number;
  /** Waits so long for a reply. */
  readonly request?: number;
  readonly count: number;
  readonly everyMs: number;
}
