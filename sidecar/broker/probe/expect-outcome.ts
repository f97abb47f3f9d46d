import type { Outcome } from './outcome';
import { ProbeError } from './probe-error';

/** Throws ProbeError PROBE_REFUSED unless the access was allowed. */
export function expectGranted(outcome: Outcome, what: string): void {
  if (outcome.allowed) return;
  throw new ProbeError(
    'PROBE_REFUSED',
    `the plan grants ${what}, the broker refuses it (${outcome.at}): ${outcome.words}`,
    {
      decision: 'retry',
      remedy: "compare the broker's files with netmap plan, and see the broker's log",
    },
  );
}

/** Throws ProbeError PROBE_ALLOWED unless the access was refused. */
export function expectRefused(outcome: Outcome, what: string): void {
  if (!outcome.allowed) return;
  throw new ProbeError('PROBE_ALLOWED', `the plan refuses ${what} to this client, the broker allows it`, {
    decision: 'alarm',
    remedy: 'stop the broker, and look for permissions that netmap has not made',
  });
}
