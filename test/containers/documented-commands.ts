import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../sidecar/lib/package-root';

/** The command lines of one section of docs/install-compose.md, the page's title for what stands before the first, in their order. */
export function documentedCommands(heading: string): string[] {
  const page = readFileSync(join(packageRoot(), 'docs/install-compose.md'), 'utf8');
  const section = page.split(/^##? /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  const lines = [...section.matchAll(/^```sh\n([^]*?)^```$/gm)].flatMap(([, block = '']) => block.trim().split('\n'));
  if (lines.length === 0) throw new Error(`install-compose.md has no commands under ${heading}`);
  return lines;
}
