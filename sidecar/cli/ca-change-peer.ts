import { AuthorityError } from '../authority/authority-error';
import { deactivatePeer, reconfigurePeer } from '../authority/change-peer';
import { MOST_QUEUES } from '../authority/read-peer';
import { folderOf, readBundle, withDir } from './ca-options';
import type { CaOptions } from './ca-options';
import type { CliCommand, CommandInput } from './command';
import { EXIT } from './exit-codes';
import { wholeNumber } from './option-values';

interface ReconfigureOptions extends CaOptions {
  readonly queues?: number;
  readonly bundle?: string;
}

export const caReconfigurePeer: CliCommand<ReconfigureOptions> = {
  words: ['ca', 'reconfigure-peer'],
  summary: 'takes a newer info bundle of a peer, or gives it more queues',
  details: `The bundle must be of the same root, and not older than the one before. Queues are never taken away.
Examples:
  netmap ca reconfigure-peer fc06c3edee3e2737c7089a3a03775c84 --queues 3 --dir ./aa
  netmap ca reconfigure-peer fc06c3edee3e2737c7089a3a03775c84 --bundle ./ca-new.zip --dir ./aa`,
  configure: (command) =>
    withDir(command)
      .argument('<id>', "the peer's ID")
      .option('--queues <number>', 'how many queues it is to have', wholeNumber(1, MOST_QUEUES))
      .option('--bundle <file>', 'its newer info bundle'),
  async run(context, { args: [id = ''], options }: CommandInput<ReconfigureOptions>) {
    const { queues, bundle } = options;
    if (queues === undefined && bundle === undefined) {
      throw new AuthorityError('NODE_INVALID', 'nothing was said of what to change', {
        remedy: 'add --queues NUMBER or --bundle FILE',
      });
    }
    const changed = await reconfigurePeer(folderOf(options), id, {
      ...(queues === undefined ? {} : { queues }),
      ...(bundle === undefined ? {} : { bundle: await readBundle(bundle, context) }),
    });
    context.output.result({ ...changed, updatedAt: changed.updatedAt ?? null }, (now) =>
      [`peer ${now.id}: queues ${now.queues}`, `as of ${now.updatedAt ?? 'no day'}`].join(', '),
    );
    return EXIT.ok;
  },
};

export const caDeactivatePeer: CliCommand<CaOptions> = {
  words: ['ca', 'deactivate-peer'],
  summary: 'ends all traffic with a peer, for good',
  details: `A peer that was deactivated can never be active again.
Example: netmap ca deactivate-peer fc06c3edee3e2737c7089a3a03775c84 --dir ./aa`,
  configure: (command) => withDir(command).argument('<id>', "the peer's ID"),
  async run({ clock, output }, { args: [id = ''], options }: CommandInput<CaOptions>) {
    const isNew = await deactivatePeer(folderOf(options), id, clock);
    output.result({ id, state: 'deactivated', wasDeactivated: !isNew }, () =>
      isNew ? `peer ${id}: deactivated` : `peer ${id}: was deactivated before`,
    );
    return EXIT.ok;
  },
};
