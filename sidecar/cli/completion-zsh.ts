import { valuedOptions, type CompletionPlace, type CompletionWord } from './completion-places';

/** A script for zsh, for a folder of its fpath or to be sourced after compinit. */
export function zshCompletion(places: readonly CompletionPlace[]): string {
  return `#compdef netmap
# Completion of netmap for zsh; made by: netmap completion zsh
_netmap() {
  local at="" previous="" word
  local -a found
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case " ${valuedOptions(places).join(' ')} " in
      *" $previous "*) previous=""; continue ;;
    esac
    previous="$word"
    case "$at $word" in
${places
  .filter(({ path }) => path !== '')
  .map(({ path }) => `      " ${path}") at=" ${path}" ;;`)
  .join('\n')}
    esac
  done
  case "$at $previous" in
${valueCases(places)}
    ${valuedOptions(places)
      .map((word) => `*" ${word}"`)
      .join(' | ')}) _files; return ;;
  esac
  case "$at" in
${places.map(placeCase).join('\n')}
  esac
  if [[ "$PREFIX" != -* ]] && (( ! $#found )); then _files; else _describe 'netmap' found; fi
}
if [[ "$funcstack[1]" == _netmap ]]; then _netmap "$@"; else compdef _netmap netmap; fi
`;
}

function valueCases(places: readonly CompletionPlace[]): string {
  return places
    .flatMap(({ path, options }) =>
      options
        .filter(({ values }) => values.length > 0)
        .map(({ word, values }) => {
          const where = path === '' ? ` ${word}` : ` ${path} ${word}`;
          return `    "${where}") found=(${values.map(quoted).join(' ')}); _describe 'value' found; return ;;`;
        }),
    )
    .join('\n');
}

function placeCase({ path, words, options }: CompletionPlace): string {
  return `    "${path === '' ? '' : ` ${path}`}")
      if [[ "$PREFIX" == -* ]]; then found=(${options.map(described).join(' ')})
      else found=(${words.map(described).join(' ')}); fi ;;`;
}

function described({ word, what }: CompletionWord): string {
  return quoted(`${word}:${what.replaceAll(':', '\\:')}`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
