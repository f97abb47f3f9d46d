import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { commands } from '../sidecar/cli/commands';
import { EXIT } from '../sidecar/cli/exit-codes';
import { runCli } from '../sidecar/cli/main';
import { ManualClock } from '../sidecar/lib/clock';

const root = join(__dirname, '..');

function pages(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return pages(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

interface Page {
  readonly name: string;
  readonly text: string;
}

const all: readonly Page[] = [join(root, 'README.md'), ...pages(join(root, 'docs'))].map((path) => ({
  name: relative(root, path),
  text: readFileSync(path, 'utf8'),
}));

/** As Markdown viewers name headings. */
function anchors(text: string): readonly string[] {
  const headings = text.replaceAll(/^```.*?^```/gms, '').matchAll(/^#+ (.*)$/gm);
  return Array.from(headings, ([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function badLinks({ name, text }: Page): readonly string[] {
  const targets = Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, target = '']) => target);
  return targets.filter((target) => {
    if (/^https?:/.test(target)) return false;
    const [file = '', anchor] = target.split('#');
    const path = file === '' ? join(root, name) : join(root, dirname(name), file);
    if (!existsSync(path)) return true;
    return anchor !== undefined && !anchors(readFileSync(path, 'utf8')).includes(anchor);
  });
}

/** Paths of the project in code spans; those with a star or a brace name several. */
function missingFiles({ text }: Page): readonly string[] {
  const spans = Array.from(
    text.matchAll(/`((?:test|sidecar|broker-config|deploy|docs)\/[\w./-]+)`/g),
    ([, path = '']) => path,
  );
  return spans.filter((path) => !existsSync(join(root, path)));
}

/** The lines of shell examples that call netmap, each with what a shell would make of it. */
function commandLines({ text }: Page): readonly string[] {
  const examples = Array.from(text.matchAll(/^ *```(?:sh|bash|console)\n(.*?)^ *```/gms), ([, body = '']) => body);
  return examples.flatMap((body) =>
    body
      .replaceAll(/\\\n\s*/g, ' ')
      .split('\n')
      .map((line) => line.trim().replace(/^\$ /, ''))
      .filter((line) => line.startsWith('netmap ')),
  );
}

function shellWords(line: string): readonly string[] {
  const words: string[] = [];
  for (const [match, double, single] of line.matchAll(/"([^"]*)"|'([^']*)'|[|<>;&#]|[^\s"'|<>;&#]+/g)) {
    if (/^[|<>;&#]$/.test(match)) break;
    words.push(double ?? single ?? match);
  }
  return words.slice(1);
}

async function judge(line: string): Promise<string> {
  let said = '';
  const sink = { isTTY: false, write: (text: string) => (said += text) };
  const io = { stdout: sink, stderr: sink, stdin: Readable.from([]), environment: {}, clock: new ManualClock() };
  const idle = commands.map((command) => ({ ...command, run: () => Promise.resolve(EXIT.ok) }));
  const exit = await runCli(shellWords(line), { ...io, onInterrupt: () => () => undefined }, idle);
  return exit === EXIT.ok ? 'parsed' : said;
}

test.each(all)('$name: what it points to is there', (page) => {
  expect({ links: badLinks(page), files: missingFiles(page) }).toEqual({ links: [], files: [] });
});

const examples = all.flatMap((page) => commandLines(page).map((line) => ({ name: page.name, line })));

test('there are examples in several pages', () => {
  expect(new Set(examples.map(({ name }) => name)).size).toBeGreaterThan(2);
});

test.each(examples)('$name: $line', async ({ line }) => {
  await expect(judge(line)).resolves.toBe('parsed');
});

test('the README lists every command', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const missing = commands.map(({ words }) => words.join(' ')).filter((words) => !named(readme).includes(words));
  expect(missing).toEqual([]);
});

/** `netmap map sign`, `backup`, `restore` in one cell names three; "netmap ca …" all of a group. */
function named(readme: string): readonly string[] {
  const cells = Array.from(readme.matchAll(/^\| (`netmap [^|]*?)\s*\|/gm), ([, cell = '']) => cell);
  return cells.flatMap((cell) => {
    const spans = Array.from(cell.matchAll(/`([^`]+)`/g), ([, span = '']) => span.replace(/^netmap /, ''));
    const group = spans[0]?.split(' ')[0] ?? '';
    if (spans[0]?.endsWith(' …'))
      return commands.map(({ words }) => words.join(' ')).filter((words) => words.startsWith(`${group} `));
    return spans.flatMap((span) => [span, `${group} ${span}`]);
  });
}
