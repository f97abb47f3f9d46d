import { constants, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { isMap, isPair, LineCounter, parseDocument, type Document, type YAMLError, type YAMLMap } from 'yaml';
import { messageOf } from '../lib/errors';
import { ConfigError, type ConfigProblem } from './config-error';
import { systemErrorCode } from './error-code';
import { settingName, type SettingPath } from './setting-path';

/** Settings take a few kilobytes; a file of users with 10,000 entries takes three megabytes. */
const MAX_BYTES = 8 * 1024 * 1024;
const MAX_ALIASES = 100;

/** A YAML file with one document, and the places of its settings. */
export interface YamlFile {
  /** Absolute path. */
  readonly file: string;
  /** Plain objects, arrays and scalars. */
  readonly value: unknown;
  /** A problem at a setting; where the setting is absent, at the innermost setting around it. `key` places it at the setting's name. */
  problem(path: SettingPath, reason: string, remedy: string, at?: 'key' | 'value'): ConfigProblem;
}

/** @throws ConfigError CONFIG_MISSING, CONFIG_UNREADABLE or CONFIG_SYNTAX */
export async function readYamlFile(file: string, whatItIs: string): Promise<YamlFile> {
  return parseYaml(file, await readText(file, whatItIs));
}

/** @throws ConfigError CONFIG_SYNTAX */
export function parseYaml(file: string, text: string): YamlFile {
  const lines = new LineCounter();
  const { document, value } = parse(file, text, lines);
  return {
    file,
    value,
    problem(path, reason, remedy, at = 'value') {
      const { line, col } = lines.linePos(offsetOf(document, path, at));
      return { file, line: Math.max(line, 1), column: Math.max(col, 1), path: settingName(path), reason, remedy };
    },
  };
}

function parse(file: string, text: string, lines: LineCounter): { document: Document.Parsed; value: unknown } {
  let document: Document.Parsed;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, version: '1.2' });
  } catch (cause) {
    throw syntaxError('the file cannot be parsed', 'simplify the file', cause);
  }
  // A tag that the parser does not know is only a warning to it, and would change the value's type unseen.
  const found: YAMLError[] = [...document.errors, ...document.warnings];
  if (found.length > 0) throw ConfigError.of('CONFIG_SYNTAX', found.slice(0, 20).map(fromParser));
  try {
    return { document, value: document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown };
  } catch (cause) {
    throw syntaxError('aliases (*) or nesting go too far', 'write the values out in place of aliases', cause);
  }

  function fromParser(error: YAMLError): ConfigProblem {
    const { line, col } = lines.linePos(error.pos[0]);
    return { file, line, column: col, path: '', reason: reasonOf(error), remedy: remedyOf(error) };
  }

  function syntaxError(reason: string, remedy: string, cause: unknown): ConfigError {
    return ConfigError.of('CONFIG_SYNTAX', [
      { file, line: 1, column: 1, path: '', reason: `${reason}: ${messageOf(cause)}`, remedy },
    ]);
  }
}

function reasonOf(error: YAMLError): string {
  return error.message.split('\n')[0] ?? error.code;
}

function remedyOf(error: YAMLError): string {
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return 'indent with spaces; YAML does not allow tabs there';
    case 'DUPLICATE_KEY':
      return 'keep one of the two settings with this name';
    case 'MULTIPLE_DOCS':
      return 'keep one document in the file, without a second "---"';
    case 'TAG_RESOLVE_FAILED':
      return 'remove the tag (!)';
    case 'BAD_INDENT':
    case 'BLOCK_AS_IMPLICIT_KEY':
      return 'line the settings of one section up in the same column, and close each bracket';
    default:
      return 'correct the YAML at this place; quote text that holds : # { } [ ] & * !';
  }
}

function offsetOf(document: Document.Parsed, path: SettingPath, at: 'key' | 'value'): number {
  let offset = document.contents?.range[0] ?? 0;
  let node: unknown = document.contents;
  for (const [index, step] of path.entries()) {
    const pair = isMap(node) ? pairOf(node, step) : undefined;
    const last = index === path.length - 1;
    const next: unknown = pair === undefined ? document.getIn(path.slice(0, index + 1), true) : pair.value;
    const place = last && at === 'key' ? (pair?.key ?? next) : next;
    const start = startOf(place) ?? startOf(pair?.key);
    if (start === undefined) break;
    offset = start;
    node = next;
  }
  return offset;
}

function pairOf(map: YAMLMap, key: string | number): { key: unknown; value: unknown } | undefined {
  return map.items.find((item) => isPair(item) && String(item.key) === String(key));
}

function startOf(node: unknown): number | undefined {
  const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
  return Array.isArray(range) && typeof range[0] === 'number' ? range[0] : undefined;
}

async function readText(file: string, whatItIs: string): Promise<string> {
  let handle: FileHandle;
  try {
    // Without O_NONBLOCK the opening of a named pipe would wait for a writer, for ever.
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    throw cannotOpen(file, whatItIs, cause);
  }
  try {
    const stats = await handle.stat();
    refuseOddFile(file, whatItIs, stats);
    return new TextDecoder('utf-8', { fatal: true }).decode(await handle.readFile());
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw unreadable(`${whatItIs} ${file} cannot be read: ${messageOf(cause)}`, 'save it as UTF-8 text', cause);
  } finally {
    await handle.close();
  }
}

function refuseOddFile(file: string, whatItIs: string, stats: Stats): void {
  if (!stats.isFile()) throw unreadable(`${whatItIs} ${file} is not a file`, 'name a file');
  if (stats.size > MAX_BYTES) {
    throw unreadable(`${whatItIs} ${file} has ${stats.size} bytes, more than ${MAX_BYTES}`, 'name the right file');
  }
}

function cannotOpen(file: string, whatItIs: string, cause: unknown): ConfigError {
  const code = systemErrorCode(cause);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return ConfigError.because(
      'CONFIG_MISSING',
      `${whatItIs} ${file} does not exist`,
      'create it or name another',
      cause,
    );
  }
  return unreadable(`${whatItIs} ${file} cannot be read: ${messageOf(cause)}`, 'let this user read it', cause);
}

function unreadable(message: string, remedy: string, cause?: unknown): ConfigError {
  return ConfigError.because('CONFIG_UNREADABLE', message, remedy, cause);
}
