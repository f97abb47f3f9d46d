/**
 * Whether an Artemis match covers an address: words stand between dots, `*` is one word, `#` at the end any number of
 * words, none too.
 */
export function matchCovers(match: string, address: string): boolean {
  if (match === '#') return true;
  const words = match.split('.');
  const open = words.at(-1) === '#';
  const fixed = open ? words.slice(0, -1) : words;
  const given = address.split('.');
  if (open ? given.length < fixed.length : given.length !== fixed.length) return false;
  return fixed.every((word, index) => (word === '*' ? given[index] !== '' : word === given[index]));
}

/**
 * The matches that cover an address, the one that Artemis finds most specific first: an exact one, then those without
 * `#`, then the longest. Permissions hold of the first alone; address settings fall back to the next.
 */
export function coveringMatches(matches: Iterable<string>, address: string): string[] {
  return [...matches].filter((match) => matchCovers(match, address)).sort(bySpecificity);
}

function bySpecificity(a: string, b: string): number {
  const rank = (match: string): number => (match.includes('#') ? 2 : match.includes('*') ? 1 : 0);
  return rank(a) - rank(b) || (rank(a) === 1 ? byFirstStar(a, b) : b.length - a.length);
}

/** Of two matches with single-word wildcards the one with the later wildcard is the more specific. */
function byFirstStar(a: string, b: string): number {
  const [left, right] = [a.split('.'), b.split('.')];
  const at = left.findIndex((word, index) => (word === '*') !== (right[index] === '*'));
  return at === -1 ? 0 : left[at] === '*' ? 1 : -1;
}

/** Address and queue of `ADDRESS::QUEUE`, which names one queue of an address. */
export function splitQualified(name: string): { readonly address: string; readonly queue?: string } {
  const at = name.indexOf('::');
  return at === -1 ? { address: name } : { address: name.slice(0, at), queue: name.slice(at + 2) };
}
