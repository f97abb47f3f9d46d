import type { Scene } from './scene';

/** What a step has to show for itself. */
export interface StepResult {
  /** For people, a line each. */
  readonly lines: readonly string[];
  /** For programs. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** One act of the demo; throws when something is not as it should be. */
export interface Step {
  /** Stable, for programs. */
  readonly name: string;
  /** What is shown to be so. */
  readonly title: string;
  play(scene: Scene): Promise<StepResult>;
}

/** For a message to come, or anything else that takes a part of a second on an idle machine. */
export const SOON_MS = 60_000;
