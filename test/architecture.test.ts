import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { packageRoot } from '../sidecar/lib/package-root';

const root = packageRoot();

/** What the sources of each room may import besides those of the room itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = chained(
  ['lib', 'certificates', 'network', 'plan', 'render', 'broker', 'relay', 'control', 'cli'],
  {
    config: ['lib', 'certificates'],
    'network-map': ['lib', 'certificates', 'network'],
    authority: ['lib', 'certificates', 'network', 'config'],
    sources: ['lib', 'certificates', 'network', 'network-map', 'authority'],
    'dev-network': ['lib', 'certificates', 'network', 'network-map', 'config'],
    mapservice: ['lib', 'certificates', 'network', 'network-map', 'config'],
    messaging: ['lib', 'certificates', 'network', 'plan', 'broker'],
    relay: ['lib', 'certificates', 'network', 'plan', 'render', 'broker', 'messaging'],
    http: ['lib'],
  },
);
/** Where the rooms come together. */
const MAY_IMPORT_ALL = ['control', 'cli'];

/** Same input, same bytes: no disk, network, clock, random or environment, not even through what they import. */
const PURE_ROOMS = ['network', 'plan', 'render'];
/** Of Node's own modules these alone are pure, the hashes of crypto that is. */
const PURE_MODULES = ['node:crypto', 'node:path/posix', 'node:util', 'node:buffer'];
const IMPURE_NAMES = new Set([
  ...['process', 'fetch', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'performance', 'console'],
  ...['require', '__dirname', '__filename', 'systemClock'],
  ...['randomUUID', 'randomBytes', 'randomInt', 'randomFillSync', 'getRandomValues'],
  ...['generateKeyPair', 'generateKeyPairSync', 'generateKey', 'generateKeySync'],
]);

const MOST_LINES = 400;
const MEDIAN_LINES = 120;
const TEST_ROOMS = ['bench', 'containers', 'faults', 'fixtures', 'golden', 'integration', 'interop'];
const BROKER_CONFIG_ROOMS = ['base', 'logging', 'profiles', 'samples', 'schemas'];
const TOP_FOLDERS = ['broker-config', 'coverage', 'deploy', 'dist', 'docs', 'node_modules', 'sidecar', 'test'];

interface Source {
  /** From the package's root, with slashes. */
  readonly file: string;
  readonly room: string;
  readonly lines: number;
  readonly tree: ts.SourceFile;
}

const sidecar = sourcesIn('sidecar');
const product = sidecar.filter(({ file }) => !file.endsWith('.test.ts'));

test('imports point in one direction', () => {
  const wrong = product.flatMap((source) =>
    importsOf(source).flatMap(({ target }) => {
      const room = roomOf(target);
      return room === undefined || mayImport(source.room, room) ? [] : [`${source.file} imports ${target}`];
    }),
  );
  expect(wrong).toEqual([]);
});

test('the product imports neither tests nor what lies outside sidecar', () => {
  const wrong = product.flatMap((source) =>
    importsOf(source)
      .filter(({ target }) => target.startsWith('..') || /\.test$|^test\//.test(target))
      .map(({ target }) => `${source.file} imports ${target}`),
  );
  expect(wrong).toEqual([]);
});

test('network, plan and render are pure, and so is what they import', () => {
  const byFile = new Map(product.map((source) => [source.file, source]));
  const reached = new Set(product.filter(({ room }) => PURE_ROOMS.includes(room)));
  for (const source of reached) {
    for (const { target, typeOnly } of importsOf(source)) {
      const next = byFile.get(`${target}.ts`);
      if (next !== undefined && !typeOnly) reached.add(next);
    }
  }
  expect([...reached].flatMap(impuritiesOf)).toEqual([]);
});

test('only one file asks where it lies, as compiled files lie elsewhere', () => {
  const asking = product.filter(({ tree }) => identifiersOf(tree).some((name) => name === '__dirname'));
  expect(asking.map(({ file }) => file)).toEqual(['sidecar/lib/package-root.ts']);
});

test('files are small', () => {
  const all = [...sidecar, ...sourcesIn('test')];
  const lengths = all.map(({ lines }) => lines).sort((a, b) => a - b);
  expect(all.filter(({ lines }) => lines > MOST_LINES).map(({ file }) => file)).toEqual([]);
  expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThanOrEqual(MEDIAN_LINES);
});

test('each file has its room and a name in kebab-case', () => {
  const rooms = [...Object.keys(MAY_IMPORT), 'bin'];
  const inside = (folder: string, allowed: readonly string[]): string[] =>
    foldersIn(folder).filter((name) => !allowed.includes(name));
  expect(inside('sidecar', rooms)).toEqual([]);
  expect(inside('test', TEST_ROOMS)).toEqual([]);
  expect(inside('broker-config', BROKER_CONFIG_ROOMS)).toEqual([]);
  expect(inside('.', TOP_FOLDERS)).toEqual([]);
  expect(sidecar.filter(({ room }) => room.endsWith('.ts')).map(({ file }) => file)).toEqual([]);
  const names = [...sidecar, ...sourcesIn('test')].map(({ file }) => file);
  const odd = names.filter((file) => !/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test|\.d)?\.ts$/.test(basename(file)));
  expect(odd).toEqual([]);
});

test('the rules see what they must', () => {
  const tree = parse('x.ts', 'const a = new Date(); const b = Math.random() + Date.now(); process.env; o.process;');
  const source: Source = { file: 'x.ts', room: 'plan', lines: 1, tree };
  expect(impuritiesOf(source)).toEqual(['x.ts: new Date()', 'x.ts: Math.random', 'x.ts: Date.now', 'x.ts: process']);
  const clean = parse('y.ts', "const a = new Date(7); const Math2 = { random: 1 }; // Date.now()\n'process.env';");
  expect(impuritiesOf({ ...source, tree: clean })).toEqual([]);
  const imports = parse('sidecar/plan/z.ts', "import type { A } from '../lib/a';\nexport * from 'node:fs';");
  expect(importsOf({ ...source, file: 'sidecar/plan/z.ts', tree: imports })).toEqual([
    { target: 'sidecar/lib/a', typeOnly: true },
    { target: 'node:fs', typeOnly: false },
  ]);
});

function chained(
  chain: readonly string[],
  others: Readonly<Record<string, readonly string[]>>,
): Readonly<Record<string, readonly string[]>> {
  return { ...Object.fromEntries(chain.map((room, index) => [room, chain.slice(0, index)])), ...others };
}

function mayImport(from: string, to: string): boolean {
  return from === to || MAY_IMPORT_ALL.includes(from) ? to !== 'cli' || from === 'cli' : may(from).includes(to);
}

function may(room: string): readonly string[] {
  return MAY_IMPORT[room] ?? [];
}

function sourcesIn(folder: string): Source[] {
  return filesIn(folder)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      const lines = text.split('\n').length - 1;
      return { file, room: file.split('/')[1] ?? '', lines, tree: parse(file, text) };
    });
}

function filesIn(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return path === 'test/fixtures' ? [] : filesIn(path);
    return [path];
  });
}

function foldersIn(folder: string): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name);
}

function parse(file: string, text: string): ts.SourceFile {
  return ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
}

interface Import {
  /** A module's name, or a file of ours from the package's root, without its ending. */
  readonly target: string;
  readonly typeOnly: boolean;
}

function importsOf({ file, tree }: Source): Import[] {
  const found: Import[] = [];
  visit(tree, (node) => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeOnly(node));
    if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) add(node.moduleSpecifier, node.isTypeOnly);
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false);
  });
  return found;

  function add(specifier: ts.Node | undefined, typeOnly: boolean): void {
    if (specifier === undefined || !ts.isStringLiteral(specifier)) return;
    const text = specifier.text;
    const target = text.startsWith('.') ? relative(root, resolve(root, dirname(file), text)) : text;
    found.push({ target, typeOnly });
  }
}

function isTypeOnly(node: ts.ImportDeclaration): boolean {
  const clause = node.importClause;
  if (clause === undefined) return false;
  const named = clause.namedBindings;
  if (named === undefined || !ts.isNamedImports(named) || clause.name !== undefined) return isTypeClause(clause);
  return isTypeClause(clause) || named.elements.every((element) => element.isTypeOnly);
}

function isTypeClause(clause: ts.ImportClause): boolean {
  return clause.phaseModifier === ts.SyntaxKind.TypeKeyword;
}

function roomOf(target: string): string | undefined {
  const parts = target.split('/');
  return parts[0] === 'sidecar' ? parts[1] : undefined;
}

function impuritiesOf(source: Source): string[] {
  const modules = importsOf(source)
    .filter(({ target, typeOnly }) => !typeOnly && target.startsWith('node:') && !PURE_MODULES.includes(target))
    .map(({ target }) => target);
  const uses: string[] = [];
  visit(source.tree, (node) => {
    if (ts.isNewExpression(node) && isNamed(node.expression, 'Date') && (node.arguments?.length ?? 0) === 0) {
      uses.push('new Date()');
    }
    if (ts.isCallExpression(node) && isNamed(node.expression, 'Date')) uses.push('Date()');
    if (ts.isPropertyAccessExpression(node)) {
      const text = node.getText();
      if (text === 'Date.now' || text === 'Math.random') uses.push(text);
    }
    if (ts.isIdentifier(node) && IMPURE_NAMES.has(node.text) && isUse(node)) uses.push(node.text);
  });
  return [...modules, ...uses].map((what) => `${source.file}: ${what}`);
}

function isNamed(node: ts.Node, name: string): boolean {
  return ts.isIdentifier(node) && node.text === name;
}

/** Not the name of a property, as in `change.process` or `{ process: 1 }`. */
function isUse(node: ts.Identifier): boolean {
  const parent = node.parent;
  if (ts.isPropertyAccessExpression(parent)) return parent.name !== node;
  return !(
    (ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isMethodDeclaration(parent)) &&
    parent.name === node
  );
}

function identifiersOf(tree: ts.SourceFile): string[] {
  const names: string[] = [];
  visit(tree, (node) => {
    if (ts.isIdentifier(node)) names.push(node.text);
  });
  return names;
}

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  ts.forEachChild(node, (child) => visit(child, see));
}
