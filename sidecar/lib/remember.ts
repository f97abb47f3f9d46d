/**
 * Remembers what was made of two objects for as long as both live. What is made must follow from them alone, and is
 * shared by all who ask: nobody may change it.
 */
export function rememberForBoth<First extends object, Second extends object, Made>(
  make: (first: First, second: Second) => Made,
): (first: First, second: Second) => Made {
  const known = new WeakMap<First, WeakMap<Second, { readonly made: Made }>>();
  return (first, second) => {
    const ofFirst = known.get(first) ?? new WeakMap<Second, { readonly made: Made }>();
    known.set(first, ofFirst);
    const found = ofFirst.get(second) ?? { made: make(first, second) };
    ofFirst.set(second, found);
    return found.made;
  };
}
