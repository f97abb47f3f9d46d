import { applyOnce, type Applied } from '../control/apply-once';
import { withProgress } from '../lib/progress';
import { describePlanChanges } from '../plan/plan-change';
import type { CliCommand } from './command';
import { EXIT } from './exit-codes';
import { planResult } from './plan';
import { parkedText } from './status-text';

export const apply: CliCommand = {
  words: ['apply'],
  summary: 'brings a broker that runs elsewhere to what the map and the settings say, once',
  details: `For broker.mode "attached" while no sidecar runs; netmap run applies by itself, again and again. The changes are
proven by use, and undone where that fails. Where the broker does not run its files are written for its next start.
Exit code 0 when live, 3 when inputs of the map are parked, 4 when the broker does not run.
Example: netmap apply --config ./netmap.yaml`,
  async run({ loadConfig, output, clock, progress, environment, createLog }) {
    const config = await loadConfig();
    const log = createLog({ ...config.log, level: 'warn' });
    const applied = await withProgress('applying', progress, () =>
      applyOnce({ config, clock, log, environment: { ...environment } }),
    );
    const { outcome, done, tookMs, preview } = applied;
    const planned = planResult(preview);
    output.result({ outcome, ...planned, done, tookMs }, () => appliedText(applied));
    if (outcome === 'prepared') return EXIT.unreachable;
    return planned.parked.length === 0 ? EXIT.ok : EXIT.partly;
  },
};

function appliedText({ outcome, preview, tookMs }: Applied): string {
  const { changes, parked } = planResult(preview);
  const end =
    outcome === 'live'
      ? `live and proven after ${tookMs} ms`
      : 'the broker does not run: its files are written; start it, then run netmap apply again';
  return `${describePlanChanges(changes)}${end}\n${parkedText(parked)}`;
}
