import type { Command, Option } from 'commander';

/** What may follow at one place of the command line. */
export interface CompletionPlace {
  /** The words of commands before it, with blanks between; empty at the start. */
  readonly path: string;
  /** Commands, and values of the first argument where these are known. */
  readonly words: readonly CompletionWord[];
  readonly options: readonly CompletionOption[];
}

export interface CompletionWord {
  readonly word: string;
  readonly what: string;
}

export interface CompletionOption extends CompletionWord {
  /** A value follows it. */
  readonly hasValue: boolean;
  /** Those that there are; empty where any will do, such as a file. */
  readonly values: readonly string[];
}

/** Every place of a command line where something is to be completed, the global options at each. */
export function completionPlaces(program: Command): CompletionPlace[] {
  const global = program.options.map(optionOf);
  const help: CompletionOption = { word: '--help', what: 'shows help', hasValue: false, values: [] };
  const placesOf = (command: Command, path: readonly string[]): CompletionPlace[] => {
    const own = command === program ? [] : command.options.map(optionOf);
    const commands = command.commands.map((one) => ({ word: one.name(), what: one.summary() || one.description() }));
    const [first] = command.registeredArguments;
    const values = (first?.argChoices ?? []).map((word) => ({ word, what: first?.description ?? '' }));
    const place = { path: path.join(' '), words: [...commands, ...values], options: [...own, ...global, help] };
    return [place, ...command.commands.flatMap((one) => placesOf(one, [...path, one.name()]))];
  };
  return placesOf(program, []);
}

function optionOf(option: Option): CompletionOption {
  const word = option.long ?? option.short ?? '';
  const hasValue = option.required || option.optional;
  return { word, what: option.description, hasValue, values: option.argChoices ?? [] };
}

/** The words before which a value of an option stands, at any place. */
export function valuedOptions(places: readonly CompletionPlace[]): string[] {
  const valued = places.flatMap(({ options }) => options.filter(({ hasValue }) => hasValue).map(({ word }) => word));
  return [...new Set(valued)].sort();
}
