import { closest, distance } from 'fastest-levenshtein';

/** The known word that `word` is most likely a slip for, or undefined where none is near. */
export function nearestWord(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0 || word.length > 100) return undefined;
  const nearest = closest(word, known);
  const slips = distance(word.toLowerCase(), nearest.toLowerCase());
  return slips <= Math.max(1, Math.floor(nearest.length / 3)) ? nearest : undefined;
}

/** One sentence for a person who wrote `word` where only `known` ones may stand. */
export function suggest(word: string, known: readonly string[]): string {
  const nearest = nearestWord(word, known);
  return nearest === undefined ? `use one of: ${known.join(', ')}` : `did you mean ${JSON.stringify(nearest)}?`;
}
