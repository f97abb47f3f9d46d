import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { NetmapError } from './errors';

const packageName = 'artemis-netmap';
let found: string | undefined;

/** This package's files are not where they belong: its installation is damaged. */
export class PackageRootError extends NetmapError<'PACKAGE_ROOT_MISSING'> {}

/**
 * The folder of this package, from its sources as from its compiled form: the nearest one above `from` whose
 * package.json names it.
 * @throws PackageRootError when there is none
 */
export function packageRoot(from?: string): string {
  if (from !== undefined) return search(from);
  found ??= search(__dirname);
  return found;
}

function search(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (nameIn(join(folder, 'package.json')) === packageName) return folder;
    if (folder === dirname(folder)) {
      throw new PackageRootError('PACKAGE_ROOT_MISSING', `No package.json of ${packageName} lies above ${from}`, {
        remedy: 'Install the package again, as a whole.',
      });
    }
  }
}

function nameIn(file: string): unknown {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof content === 'object' && content !== null && 'name' in content ? content.name : undefined;
  } catch {
    return undefined;
  }
}
