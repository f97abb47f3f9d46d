/** What a brake lets pass by its rules. */
export interface BrakeRules {
  readonly share: number;
  readonly atLeast: number;
}

/** What an operator has accepted. */
export interface Decision {
  readonly lost: string;
  readonly at: number;
}

/** Remembers what is held and what was accepted, as the rules of the brake have it. Who leaves is told by sorted ids. */
export class BrakeModel {
  private held: { readonly what: string; readonly since: number } | undefined;
  private readonly agreed = new Set<string>();

  constructor(private readonly rules: BrakeRules) {}

  get holds(): string | undefined {
    return this.held?.what;
  }

  /** Whether the loss of these of so many is held now. */
  isHeld(lost: readonly string[], of: number, decision: Decision | undefined, now: number): boolean {
    const { share, atLeast } = this.rules;
    if (lost.length < atLeast || lost.length <= share * of) return false;
    return this.hold(lost.join(' '), decision, now);
  }

  /** Something is held unless it was accepted since it first was. */
  hold(what: string, decision: Decision | undefined, now: number): boolean {
    const since = this.held?.what === what ? this.held.since : now;
    if (this.held?.what === what && decision?.lost === what && decision.at >= since) this.agreed.add(what);
    if (this.agreed.has(what)) return false;
    this.held = { what, since };
    return true;
  }

  pass(): void {
    this.held = undefined;
    this.agreed.clear();
  }
}
