import Ajv2020, { type AnySchemaObject, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020';
import type { ConfigProblem } from './config-error';
import { suggest } from '../lib/did-you-mean';
import { fromPointer, type SettingPath } from './setting-path';
import type { YamlFile } from './yaml-file';

/** Checks a file's value against a JSON Schema and fills the schema's defaults into it. */
export interface SchemaValidator {
  /** All problems, none when the value is good. */
  check(yaml: YamlFile): ConfigProblem[];
}

/** What schemas say to the reader alone: the unit of a number, the one profile in which a setting has an effect. */
const ANNOTATIONS = ['unit', 'profile'];

export function schemaValidator(schema: AnySchemaObject): SchemaValidator {
  const ajv = new Ajv2020({ allErrors: true, verbose: true, useDefaults: true, allowUnionTypes: true });
  ajv.addVocabulary(ANNOTATIONS);
  const validate: ValidateFunction = ajv.compile(schema);
  return {
    check(yaml) {
      if (validate(yaml.value)) return [];
      const problems = (validate.errors ?? []).flatMap((error) => problemsOf(yaml, error, schema));
      return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
    },
  };
}

interface Parts {
  readonly schema: AnySchemaObject;
  readonly path: SettingPath;
  readonly value: unknown;
}

function problemsOf(yaml: YamlFile, error: ErrorObject, root: AnySchemaObject): ConfigProblem[] {
  const parts = {
    schema: error.parentSchema ?? {},
    path: fromPointer(error.instancePath, yaml.value),
    value: error.data,
  };
  switch (error.keyword) {
    case 'if':
      // Only says that `then` or `else` failed; those errors are there as well.
      return [];
    case 'additionalProperties':
      return [unknownSetting(yaml, parts, String(error.params['additionalProperty']))];
    case 'required':
      return [missingSetting(yaml, parts, String(error.params['missingProperty']), root)];
    case 'type':
      return [wrongType(yaml, parts)];
    case 'minProperties':
    case 'maxProperties':
      return [yaml.problem(parts.path, `needs exactly one of: ${propertyNames(parts).join(', ')}`, 'keep one of them')];
    case 'enum':
      return [notInEnum(yaml, parts, error.params['allowedValues'] as unknown[])];
    case 'pattern':
      return [yaml.problem(parts.path, 'is not of the right form', hintOf(parts, 'see the documentation'))];
    default:
      return [yaml.problem(parts.path, error.message ?? error.keyword, hintOf(parts, 'correct the value'))];
  }
}

function unknownSetting(yaml: YamlFile, parts: Parts, name: string): ConfigProblem {
  return yaml.problem([...parts.path, name], 'is not a known setting', suggest(name, propertyNames(parts)), 'key');
}

/** What is asked for under a condition is described where the schema describes that place. */
function missingSetting(yaml: YamlFile, parts: Parts, name: string, root: AnySchemaObject): ConfigProblem {
  const described = parts.path.reduce<AnySchemaObject>((at, step) => propertiesOf(at)[String(step)] ?? {}, root);
  const properties = { ...propertiesOf(described), ...propertiesOf(parts.schema) };
  const meaning = descriptionOf(properties[name] ?? {});
  return yaml.problem([...parts.path, name], 'is missing', `add it${meaning === undefined ? '' : `: ${meaning}`}`);
}

function propertiesOf(schema: AnySchemaObject): Record<string, AnySchemaObject> {
  return (schema['properties'] ?? {}) as Record<string, AnySchemaObject>;
}

function wrongType(yaml: YamlFile, parts: Parts): ConfigProblem {
  // The value itself is not shown: at this place it may well be a secret that was written inline.
  const reason = `must be ${expected(parts.schema['type'])}, but is ${nameOfType(parts.value)}`;
  if (parts.value === null) return yaml.problem(parts.path, reason, 'give it a value or remove the line');
  return yaml.problem(parts.path, reason, hintOf(parts, 'correct the value'));
}

function notInEnum(yaml: YamlFile, parts: Parts, allowed: readonly unknown[]): ConfigProblem {
  const words = allowed.map(String);
  const reason = `must be one of ${words.join(', ')}`;
  if (typeof parts.value !== 'string') return yaml.problem(parts.path, reason, 'use one of these');
  return yaml.problem(parts.path, `${reason}, not ${JSON.stringify(parts.value)}`, suggest(parts.value, words));
}

function propertyNames(parts: Parts): string[] {
  return Object.keys((parts.schema['properties'] ?? {}) as object);
}

function hintOf(parts: Parts, otherwise: string): string {
  return descriptionOf(parts.schema) ?? otherwise;
}

function descriptionOf(schema: AnySchemaObject): string | undefined {
  const description: unknown = schema['description'];
  return typeof description === 'string' ? description.replace(/\.$/, '') : undefined;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  object: 'a section of settings',
  array: 'a list',
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
};

function expected(type: unknown): string {
  const types = Array.isArray(type) ? type : [type];
  return types.map((name) => TYPE_NAMES[String(name)] ?? String(name)).join(' or ');
}

function nameOfType(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number') return Number.isInteger(value) ? 'a whole number' : 'a number';
  return TYPE_NAMES[typeof value] ?? typeof value;
}
