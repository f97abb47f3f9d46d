import { valuedOptions, type CompletionOption, type CompletionPlace } from './completion-places';

/** A script for fish 3 or later. */
export function fishCompletion(places: readonly CompletionPlace[]): string {
  const paths = places.filter(({ path }) => path !== '').map(({ path }) => quoted(path));
  return `# Completion of netmap for fish; made by: netmap completion fish
function __netmap_at
    set -l at
    set -l previous
    for word in (commandline -opc)[2..]
        if contains -- "$previous" ${valuedOptions(places).join(' ')}
            set previous
            continue
        end
        set previous $word
        set -l longer (string trim -- "$at $word")
        contains -- $longer ${paths.join(' ')}; and set at $longer
    end
    test "$at" = "$argv[1]"
end
${places.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ path, words, options }: CompletionPlace): string[] {
  const start = `complete -c netmap -n ${quoted(`__netmap_at ${quoted(path)}`)}`;
  return [
    ...words.map(({ word, what }) => `${start} -f -a ${quoted(word)} -d ${quoted(what)}`),
    ...options.map((option) => `${start} ${optionOf(option)}`),
  ];
}

function optionOf({ word, what, hasValue, values }: CompletionOption): string {
  const value = !hasValue ? '' : values.length === 0 ? ' -r -F' : ` -x -a ${quoted(values.join(' '))}`;
  return `-l ${word.replace(/^--/, '')}${value} -d ${quoted(what)}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
