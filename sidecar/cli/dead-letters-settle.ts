import type { OpenDeadLetters } from '../control/dead-letters/open';
import type { Replayed } from '../control/dead-letters/replay';
import { slicesOf, type Slice } from '../control/dead-letters/slices';
import type { CliCommand } from './command';
import { checkMeant, filterOf, manyOptions, withDeadLetters, type ManyOptions } from './dead-letters-options';
import { EXIT } from './exit-codes';

export const deadLettersReplay: CliCommand<ManyOptions> = {
  words: ['dead-letters', 'replay'],
  summary: 'puts dead letters back to where they belong, with their true sender and duplicate ID',
  details: `What came in is delivered to the application of this node again, what was for a peer is sent to it again; attempts start anew.
Exit code 3 when some cannot be replayed.

Examples:
  netmap dead-letters replay 2147484213
  netmap dead-letters replay --peer "O=Party B, L=New York, C=US" --cause rejected --dry-run`,
  configure: (command) => manyOptions(command, 'replay'),
  run(context, { args: [id], options }) {
    checkMeant(id, options, 'replay');
    const { dryRun } = options;
    return withDeadLetters(context, async (dead) => {
      const replayed = await dead.replay.run(await meant(dead, id, options, context.clock.now()), dryRun);
      context.output.result({ dryRun, ...replayed }, () => replayedText(replayed, dryRun));
      return replayed.stayed.length === 0 ? EXIT.ok : EXIT.partly;
    });
  },
};

export const deadLettersDrop: CliCommand<ManyOptions> = {
  words: ['dead-letters', 'drop'],
  summary: 'deletes dead letters for good',
  details: `Examples:
  netmap dead-letters drop 2147484213
  netmap dead-letters drop --cause expired --since 7d --dry-run`,
  configure: (command) => manyOptions(command, 'drop'),
  run(context, { args: [id], options }) {
    checkMeant(id, options, 'drop');
    const { dryRun } = options;
    return withDeadLetters(context, async (dead) => {
      const { store } = dead;
      const slices = await meant(dead, id, options, context.clock.now());
      let dropped = 0;
      if (!dryRun) dropped = await store.drop(slices);
      else for (const { queue, selector } of slices) dropped += await store.countIn(queue, selector);
      context.output.result({ dryRun, dropped }, () => `${dropped} ${dryRun ? 'would be dropped' : 'dropped'}`);
      return EXIT.ok;
    });
  },
};

/** Those that die from now on are not among them: what fails again at once must not go round and round. */
async function meant(
  dead: OpenDeadLetters,
  id: string | undefined,
  options: ManyOptions,
  now: number,
): Promise<readonly Slice[]> {
  if (id !== undefined) return [(await dead.store.find(id)).slice];
  return slicesOf({ ...(await filterOf(dead, options, now)), until: now }, dead.store.options.settings);
}

function replayedText({ replayed, stayed }: Replayed, dryRun: boolean): string {
  const lines = [`${replayed} ${dryRun ? 'would be replayed' : 'replayed'}`];
  for (const { count, why } of stayed) lines.push(`${count} ${dryRun ? 'would stay' : 'stayed'}: ${why}`);
  return lines.join('\n');
}
