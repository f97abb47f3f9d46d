/**
 * Remembers what was made of two objects for as long as both live. What is made must follow from them alone, and is
 * shared by all who ask: nobody may change it.
 */
export function rememberForBoth<First extends object, Second extends object, Made extends object>(
  make: (first: First, second: Second) => Made,
): (first: First, second: Second) => Made {
  const known = new WeakMap<First, WeakMap<Second, Made>>();
  return (first, second) => {
    const ofFirst = known.get(first) ?? new WeakMap<Second, Made>();
    known.set(first, ofFirst);
    const found = ofFirst.get(second) ?? make(first, second);
    ofFirst.set(second, found);
    return found;
  };
}
