import { systemClock } from '../../lib/clock';
import { DecisionsFile } from '../decisions-file';
import { NodeError } from '../node-error';
import { StateFolder } from '../state-folder';
import { livingHolder } from '../state-lease';
import { fault, ok, troubledOr, type Diagnosis, type Trouble } from './diagnosis';

type Cause = 'state-damaged' | 'state-in-use' | 'sidecar-stopped';

export const state: Diagnosis<Cause> = {
  id: 'state',
  looksAt: 'the state folder: what is kept there, and which sidecar works with it',
  needs: ['folders'],
  causes: {
    'state-damaged': 'a file in it cannot be used',
    'state-in-use': 'the sidecar of another node works with the same folder',
    'sidecar-stopped': 'no sidecar runs',
  },
  async check(site) {
    const { state: folder, file } = await site.config();
    const kept = new StateFolder(folder);
    const reads = [kept.readSerials(), kept.readApplied(), new DecisionsFile(folder).read(), site.status()];
    const results = await Promise.allSettled<unknown>(reads);
    const damages = results.flatMap((result): Trouble<Cause>[] => {
      if (result.status === 'fulfilled') return [];
      if (!(result.reason instanceof NodeError)) throw result.reason;
      const { message, remedy = 'restore it from a backup' } = result.reason;
      return [{ verdict: 'fault', cause: 'state-damaged', words: message, remedy }];
    });
    if (damages.length > 0) return troubledOr(damages, '');
    const found = await site.status();
    if (found?.alive !== true) {
      const words = found === undefined ? 'no sidecar has run with it yet' : 'its sidecar does not run';
      const remedy = `start it: netmap run --config ${file}`;
      return { verdict: 'troubled', troubles: [{ verdict: 'warning', cause: 'sidecar-stopped', words, remedy }] };
    }
    const { node, pid } = found.status;
    const own = await ownName(site.chain());
    if (own !== undefined && own !== node.name && (await livingHolder(folder, systemClock))?.pid === pid) {
      const words = `process ${pid}, the sidecar of ${node.name}, works with ${folder}`;
      return fault('state-in-use', words, 'give each node a state folder of its own: set state in its configuration');
    }
    return ok(`the sidecar runs as process ${pid}`);
  },
};

/** What is wrong with the chain is another diagnosis' matter. */
async function ownName(
  chain: Promise<readonly { readonly subject: { toCorda(): string } }[]>,
): Promise<string | undefined> {
  return chain.then(
    ([leaf]) => leaf?.subject.toCorda(),
    () => undefined,
  );
}
