import { previewPlan, type PlanPreview } from '../control/preview-plan';
import { withProgress } from '../lib/progress';
import { describePlanChanges } from '../plan/plan-change';
import type { CliCommand } from './command';
import { EXIT } from './exit-codes';
import { parkedText } from './status-text';
import { problemOf } from '../control/status-builder';

export const plan: CliCommand = {
  words: ['plan'],
  summary: 'shows what the map and the settings would change, and whom that touches',
  details: `Compared with what this node's sidecar made live last; nothing is touched, and the broker need not run.
Exit code 0 when nothing would change and all of the map can be used, else 3.
Example: netmap plan --json`,
  async run({ loadConfig, output, clock, progress }) {
    const config = await loadConfig();
    const preview = await withProgress('reading the map', progress, () => previewPlan(config, clock));
    output.result(planResult(preview), planText);
    const { changes, parked } = planResult(preview);
    return changes.length + parked.length === 0 ? EXIT.ok : EXIT.partly;
  },
};

/** What is shown of a plan. */
export function planResult({ plan: { name, ownId }, snapshot, changes }: PlanPreview) {
  return {
    node: { name, id: ownId },
    peers: snapshot.peers.length,
    changes,
    parked: snapshot.parked.map(({ origin, error, since }) => ({ origin, ...problemOf(error, since) })),
  };
}

function planText({ changes, parked }: ReturnType<typeof planResult>): string {
  return describePlanChanges(changes) + parkedText(parked);
}
