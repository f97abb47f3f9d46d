import { NetmapError, type Decision } from '../../lib/errors';

/** Whom a change can touch besides the one it is for. */
export type BlastRadius = 'nothing' | 'one peer' | 'clients of an acceptor' | 'restart';

export type ChangeKind =
  'write-stores' | 'install-certificates' | 'declare' | 'write-logins' | 'write-configuration' | 'restart';

/**
 * One step from what the broker is to what it must be. `apply` may be repeated; `verify` asks the broker itself and
 * throws when it is not so; `undo` brings back what was before `apply`.
 */
export interface Change {
  readonly kind: ChangeKind;
  readonly what: string;
  readonly why: string;
  readonly blast: BlastRadius;
  apply(): Promise<void>;
  verify(): Promise<void>;
  undo(): Promise<void>;
}

/** A change as it is reported. */
export type ChangeReport = Pick<Change, 'kind' | 'what' | 'why' | 'blast'>;

/**
 * - APPLY_INVALID: the broker's own schema refuses the configuration; nothing was written
 * - APPLY_FAILED: a change could not be made; everything of this apply was undone
 * - APPLY_NOT_LIVE: the broker took a change and does not do what it says; undone as well
 * - APPLY_UNDO_FAILED: what was before could not be brought back wholly
 * - APPLY_RESTART_NEEDED: a setting takes effect at a start only, and this broker is not ours to restart
 */
export type ApplyErrorCode =
  'APPLY_INVALID' | 'APPLY_FAILED' | 'APPLY_NOT_LIVE' | 'APPLY_UNDO_FAILED' | 'APPLY_RESTART_NEEDED';

export class ApplyError extends NetmapError<ApplyErrorCode> {}

export function report({ kind, what, why, blast }: Change): ChangeReport {
  return { kind, what, why, blast };
}

/** Makes the changes one after the other, each verified before the next; at the first failure undoes them in reverse. */
export async function applyChanges(changes: readonly Change[], onApplied: (change: Change) => void): Promise<void> {
  const begun: Change[] = [];
  try {
    for (const change of changes) {
      begun.push(change);
      await change.apply();
      await change.verify();
      onApplied(change);
    }
  } catch (error) {
    await undoAll(begun, error);
    const at = begun.at(-1)?.what ?? '';
    if (error instanceof ApplyError) throw error;
    throw new ApplyError('APPLY_FAILED', `${at} failed and was undone`, { cause: error, decision: decisionOf(error) });
  }
}

/** What the system refuses (a full disk, say) may go well later; what nobody has foreseen will not. */
export function decisionOf(error: unknown): Decision {
  if (error instanceof NetmapError) return error.decision;
  return error instanceof Error && 'syscall' in error ? 'retry' : 'hold';
}

/** One that cannot be undone keeps none before it from being so. */
async function undoAll(begun: readonly Change[], cause: unknown): Promise<void> {
  const failed: { what: string; error: unknown }[] = [];
  for (const change of [...begun].reverse()) {
    await change.undo().catch((error: unknown) => failed.push({ what: change.what, error }));
  }
  const [first] = failed;
  if (first === undefined) return;
  throw new ApplyError(
    'APPLY_UNDO_FAILED',
    `${begun.at(-1)?.what ?? ''} failed, and ${first.what} could not be undone`,
    {
      decision: 'retry',
      remedy: 'the sidecar tries again; look at the broker and its disk when this stays',
      cause: new AggregateError([cause, ...failed.map(({ error }) => error)]),
    },
  );
}
