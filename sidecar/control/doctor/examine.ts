import { messageOf, NetmapError } from '../../lib/errors';
import { diagnoses as allDiagnoses } from './diagnoses';
import type { Diagnosis, Outcome, Trouble } from './diagnosis';
import type { Site } from './site';

/** One line of a report: what one diagnosis found; several where it found several troubles. */
export interface Finding {
  /** Of the diagnosis. */
  readonly id: string;
  readonly verdict: 'ok' | 'warning' | 'fault' | 'not-applicable';
  /** With `warning` and `fault`. */
  readonly cause?: string;
  readonly words: string;
  readonly remedy?: string;
}

/** The cause of what no diagnosis knows. */
export const UNKNOWN_CAUSE = 'unknown';

/**
 * Looks at everything, in the order of the diagnoses: what is first is the root of what comes after it, and a diagnosis
 * that could only repeat what an earlier one found is not made. Nothing is thrown.
 */
export async function examine(site: Site, diagnoses: readonly Diagnosis[] = allDiagnoses): Promise<Finding[]> {
  const findings: Finding[] = [];
  const unmet = new Set<string>();
  for (const diagnosis of diagnoses) {
    const { id } = diagnosis;
    const missing = diagnosis.needs.find((need) => unmet.has(need));
    const outcome: Outcome =
      missing === undefined
        ? await checked(diagnosis, site)
        : { verdict: 'not-applicable', words: `not looked at, as ${missing} comes first` };
    if (outcome.verdict === 'troubled') findings.push(...outcome.troubles.map((trouble) => ({ id, ...trouble })));
    else findings.push({ id, ...outcome });
    if (!isGood(outcome)) unmet.add(id);
  }
  return findings;
}

function isGood(outcome: Outcome): boolean {
  if (outcome.verdict === 'troubled') return outcome.troubles.every(({ verdict }) => verdict === 'warning');
  return outcome.verdict === 'ok';
}

async function checked(diagnosis: Diagnosis, site: Site): Promise<Outcome> {
  try {
    return await diagnosis.check(site);
  } catch (error) {
    return { verdict: 'troubled', troubles: [unknown(error)] };
  }
}

function unknown(error: unknown): Trouble {
  const remedy = error instanceof NetmapError ? (error as NetmapError).remedy : undefined;
  return {
    verdict: 'fault',
    cause: UNKNOWN_CAUSE,
    words: messageOf(error),
    remedy: remedy ?? 'this is a case that netmap doctor does not know; please report it',
  };
}
