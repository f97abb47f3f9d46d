import { valuedOptions, type CompletionPlace } from './completion-places';

/** A script for bash 4 or later; what it does not know is completed as a file's name. */
export function bashCompletion(places: readonly CompletionPlace[]): string {
  return `# Completion of netmap for bash; made by: netmap completion bash
_netmap() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" previous="" path="" word i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case " ${valuedOptions(places).join(' ')} " in
      *" $previous "*) previous=""; continue ;;
    esac
    previous="$word"
    case "$path $word" in
${places
  .filter(({ path }) => path !== '')
  .map(({ path }) => `      " ${path}") path=" ${path}" ;;`)
  .join('\n')}
    esac
  done
  case "$path $previous" in
${valueCases(places)}
    ${valuedOptions(places)
      .map((word) => `*" ${word}"`)
      .join(' | ')}) return ;;
  esac
  case "$path" in
${places.map(placeCase).join('\n')}
  esac
}
complete -o default -F _netmap netmap
`;
}

function valueCases(places: readonly CompletionPlace[]): string {
  return places
    .flatMap(({ path, options }) =>
      options
        .filter(({ values }) => values.length > 0)
        .map(({ word, values }) => {
          const where = path === '' ? ` ${word}` : ` ${path} ${word}`;
          return `    "${where}") COMPREPLY=($(compgen -W "${values.join(' ')}" -- "$cur")); return ;;`;
        }),
    )
    .join('\n');
}

function placeCase({ path, words, options }: CompletionPlace): string {
  const plain = words.map(({ word }) => word).join(' ');
  const dashed = options.map(({ word }) => word).join(' ');
  return `    "${path === '' ? '' : ` ${path}`}")
      if [[ "$cur" == -* ]]; then COMPREPLY=($(compgen -W "${dashed}" -- "$cur"))
      else COMPREPLY=($(compgen -W "${plain}" -- "$cur")); fi ;;`;
}
