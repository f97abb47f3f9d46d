import type { Site } from './site';

/** Something that is not as it should be, by its cause. */
export interface Trouble<Cause extends string = string> {
  /** `warning`: the node works, and soon may not; `fault`: it does not. */
  readonly verdict: 'warning' | 'fault';
  readonly cause: Cause;
  /** What is wrong and where. */
  readonly words: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** What a diagnosis came to; `words` say what was seen, or why there was nothing to look at. */
export type Outcome<Cause extends string = string> =
  | { readonly verdict: 'ok' | 'not-applicable'; readonly words: string }
  | { readonly verdict: 'troubled'; readonly troubles: readonly Trouble<Cause>[] };

/** One thing that `netmap doctor` looks at. It changes nothing, and needs no running sidecar. */
export interface Diagnosis<Cause extends string = string> {
  /** Stable; scripts may rely on it. */
  readonly id: string;
  /** What is looked at, in one line. */
  readonly looksAt: string;
  /** Diagnoses without whose good outcome this one would only name their consequences: it is left out then. */
  readonly needs: readonly string[];
  /** Every cause that it may name, and what that means; stable, too. */
  readonly causes: Readonly<Record<Cause, string>>;
  /** Errors that it lets through are shown as a fault whose cause is not known. */
  check(site: Site): Promise<Outcome<Cause>>;
}

export function ok(words: string): { readonly verdict: 'ok'; readonly words: string } {
  return { verdict: 'ok', words };
}

export function notApplicable(words: string): { readonly verdict: 'not-applicable'; readonly words: string } {
  return { verdict: 'not-applicable', words };
}

/** The troubles; with none of them, all is well. */
export function troubledOr<Cause extends string>(troubles: readonly Trouble<Cause>[], well: string): Outcome<Cause> {
  return troubles.length === 0 ? ok(well) : { verdict: 'troubled', troubles };
}

export function fault<Cause extends string>(cause: Cause, words: string, remedy: string): Outcome<Cause> {
  return { verdict: 'troubled', troubles: [{ verdict: 'fault', cause, words, remedy }] };
}
