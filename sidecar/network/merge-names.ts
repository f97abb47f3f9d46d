import type { X500Name } from '../certificates/x500-name';

interface Holder {
  readonly name: X500Name;
  readonly origin: string;
}

/** The names of the nodes that were taken, by their steps; a look-up costs as many steps as the name has. */
export class NodeNames {
  private readonly byPath = new Map<string, Holder>();
  /** One of the nodes below each name that is not a whole one. */
  private readonly below = new Map<string, Holder>();

  add(name: X500Name, origin: string): void {
    const paths = pathsOf(name);
    const holder = { name, origin };
    paths.forEach((path, index) => (index === paths.length - 1 ? this.byPath : this.below).set(path, holder));
  }

  /** A node within whose name this one lies, or whose name lies within this one; of equal names nothing is said. */
  related(name: X500Name): Holder | undefined {
    const paths = pathsOf(name);
    const around = paths.slice(0, -1).find((path) => this.byPath.has(path));
    return this.byPath.get(around ?? '') ?? this.below.get(paths.at(-1) ?? '');
  }
}

/** Every start of the name in certificate order, the whole of it last. */
function pathsOf(name: X500Name): string[] {
  let path = '';
  return name.stepKeys().map((step) => (path += `/${step}`));
}
