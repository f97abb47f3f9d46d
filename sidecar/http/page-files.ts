import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { packageRoot } from '../lib/package-root';

/** A file of the page, as it is served. */
export interface PageFile {
  readonly path: string;
  readonly contentType: string;
  readonly content: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const INDEX = 'index.html';

/** The page's files; they lie in the package as browsers get them, nothing builds them. */
export function pageFiles(folder = join(packageRoot(), 'sidecar', 'http', 'page')): PageFile[] {
  return readdirSync(folder).flatMap((name) => {
    const contentType = TYPES[extname(name)];
    if (contentType === undefined) return [];
    return [{ path: name === INDEX ? '/' : `/${name}`, contentType, content: readFileSync(join(folder, name)) }];
  });
}
