import { join, resolve } from 'node:path';
import type { AnySchemaObject } from 'ajv/dist/2020';
import type { BaseSettings } from '../lib/base-settings';
import { packageRoot } from '../lib/package-root';
import { ConfigError, type ConfigProblem } from './config-error';
import { readSchema } from './schema-file';
import { schemaValidator, type SchemaValidator } from './schema-validator';
import { parseYaml, readYamlFile, type YamlFile } from './yaml-file';

type Tree = Readonly<Record<string, unknown>>;

/**
 * The broker's base settings, with the operator's file merged over them: sections deeply, values replaced.
 * @throws ConfigError CONFIG_MISSING, CONFIG_UNREADABLE, CONFIG_SYNTAX or CONFIG_INVALID, with every problem
 */
export async function loadBaseSettings(overridesPath?: string): Promise<BaseSettings> {
  const base = await readYamlFile(join(packageRoot(), 'broker-config/base/broker.yaml'), 'file of base settings');
  validators ??= compile();
  refuse(validators.whole.check(base));
  if (overridesPath === undefined) return base.value as BaseSettings;
  return merge(base.value as BaseSettings, await readYamlFile(resolve(overridesPath), 'file of broker.base'));
}

/** As `loadBaseSettings`, from the text of the operator's file; `path` is the file that it stands for. */
export function mergeBaseSettings(base: BaseSettings, path: string, text: string): BaseSettings {
  return merge(base, parseYaml(resolve(path), text));
}

let validators: { readonly whole: SchemaValidator; readonly partial: SchemaValidator } | undefined;

function compile(): { whole: SchemaValidator; partial: SchemaValidator } {
  const schema = readSchema('broker.schema.json');
  return { whole: schemaValidator(schema), partial: schemaValidator(withoutRequired(schema) as AnySchemaObject) };
}

function withoutRequired(schema: unknown): unknown {
  if (!isTree(schema)) return schema;
  const kept = Object.entries(schema).filter(([name]) => name !== 'required');
  return Object.fromEntries(kept.map(([name, value]) => [name, withoutRequired(value)]));
}

function merge(base: BaseSettings, overrides: YamlFile): BaseSettings {
  // A file in which every line is a comment changes nothing.
  if (overrides.value === null) return base;
  validators ??= compile();
  refuse(validators.partial.check(overrides));
  const merged = mergeTrees(base as unknown as Tree, overrides.value as Tree) as unknown as BaseSettings;
  refuse(checkRules(overrides, merged));
  return merged;
}

function mergeTrees(base: Tree, over: Tree): Tree {
  const merged = Object.entries(over).map(([name, value]) => {
    const below = base[name];
    return [name, isTree(below) && isTree(value) ? mergeTrees(below, value) : value] as const;
  });
  return { ...base, ...Object.fromEntries(merged) };
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkRules(yaml: YamlFile, settings: BaseSettings): ConfigProblem[] {
  const { connection, memory, redelivery } = settings;
  const rule = (kept: boolean, section: string, name: string, reason: string, remedy: string): ConfigProblem[] =>
    kept ? [] : [yaml.problem([section, name], reason, remedy)];
  const sizes = (['addressMaxSize', 'globalMaxSize'] as const).flatMap((name) =>
    rule(
      bytes(memory.pageSize) <= bytes(memory[name]),
      'memory',
      'pageSize',
      `is ${memory.pageSize}, more than ${name}, which is ${memory[name]}`,
      `make it at most ${memory[name]}`,
    ),
  );
  return [
    ...sizes,
    ...rule(bytes(memory.pageSize) < 2 ** 31, 'memory', 'pageSize', `is ${memory.pageSize}`, 'make it less than 2G'),
    ...rule(
      redelivery.delayMs <= redelivery.maxDelayMs,
      'redelivery',
      'delayMs',
      `is ${redelivery.delayMs}, more than maxDelayMs, which is ${redelivery.maxDelayMs}`,
      'make it at most maxDelayMs',
    ),
    ...rule(
      connection.amqpLowCredits < connection.amqpCredits,
      'connection',
      'amqpLowCredits',
      `is ${connection.amqpLowCredits}, not less than amqpCredits, which is ${connection.amqpCredits}`,
      'make it less than amqpCredits',
    ),
  ];
}

function bytes(text: string): number {
  const power = ['K', 'M', 'G'].indexOf(text.slice(-1)) + 1;
  return Number(text.slice(0, -1)) * 1024 ** power;
}

function refuse(problems: readonly ConfigProblem[]): void {
  if (problems.length > 0) throw ConfigError.of('CONFIG_INVALID', problems);
}
