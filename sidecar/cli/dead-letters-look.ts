import { writeFile } from 'node:fs/promises';
import type { CliCommand } from './command';
import { filterOf, filterOptions, isFiltered, withDeadLetters, type FilterOptions } from './dead-letters-options';
import { countsText, entriesText, letterJson, letterText, named } from './dead-letters-text';
import { EXIT } from './exit-codes';
import { wholeNumber } from './option-values';

interface ListOptions extends FilterOptions {
  readonly entries: boolean;
  readonly limit: number;
  readonly skip: number;
}

interface ShowOptions {
  readonly body?: string;
}

export const deadLettersList: CliCommand<ListOptions> = {
  words: ['dead-letters', 'list'],
  summary: 'counts the messages that could not be delivered by peer and cause, or lists them',
  details: `Without a filter it shows how many there are of each peer and cause; with one, or with --entries, each of them.

Examples:
  netmap dead-letters list
  netmap dead-letters list --peer "O=Party B, L=New York, C=US" --cause rejected --since 2h`,
  configure: (command) =>
    filterOptions(command)
      .option('--entries', 'each of them, also without a filter', false)
      .option('--limit <number>', 'so many at most', wholeNumber(1, 10_000), 50)
      .option('--skip <number>', 'begin after so many', wholeNumber(0, 1_000_000_000), 0),
  run(context, { options }) {
    const { output, clock } = context;
    const { entries, limit, skip } = options;
    return withDeadLetters(context, async (dead) => {
      const { store, nameOf } = dead;
      const filter = await filterOf(dead, options, clock.now());
      if (!entries && !isFiltered(options)) {
        const counts = await named(await store.summary(filter), nameOf);
        output.result(counts, () => countsText(counts, clock.now()));
        return EXIT.ok;
      }
      const letters = await named(await store.list(filter, { skip, limit }), nameOf);
      const total = await store.count(filter);
      output.result({ total, skip, entries: letters.map((letter) => letterJson(letter, false)) }, () =>
        entriesText(letters, total, skip),
      );
      return EXIT.ok;
    });
  },
};

export const deadLettersShow: CliCommand<ShowOptions> = {
  words: ['dead-letters', 'show'],
  summary: 'shows all that is known of one dead letter, its headers and its body',
  details: `A body that is no text is shown as base64.
Example: netmap dead-letters show 2147484213 --body ./order.xml`,
  configure: (command) => command.argument('<id>', 'as list shows it').option('--body <file>', 'writes the body there'),
  run(context, { args: [id = ''], options: { body } }) {
    return withDeadLetters(context, async ({ store, nameOf }) => {
      const { letter } = await store.find(id);
      const [shown = letter] = await named([letter], nameOf);
      if (body !== undefined) await writeFile(body, letter.body);
      context.output.result(letterJson(shown, body === undefined), () => letterText(shown));
      return EXIT.ok;
    });
  },
};
