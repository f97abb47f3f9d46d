import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020, { type AnySchemaObject, type ValidateFunction } from 'ajv/dist/2020';
import { messageOf } from '../lib/errors';
import { packageRoot } from '../lib/package-root';
import { parseInstant, type Instant } from './instant';

/** Why bytes or a value do not have the JSON form that they should; for the caller to put into an error of its own. */
export class JsonFormError extends Error {}

/** JSON Schema of text in base64url. */
export const base64UrlText = { type: 'string', pattern: '^[A-Za-z0-9_-]+$' };

const ajv = new Ajv2020({ strictTypes: true });

export function validatorOf<Value>(schema: AnySchemaObject): ValidateFunction<Value> {
  return ajv.compile<Value>(schema);
}

/** Validates by a schema that the product ships, which is read when it is first needed. */
export function shippedValidator<Value>(file: string): () => ValidateFunction<Value> {
  let validator: ValidateFunction<Value> | undefined;
  return () => {
    const path = join(packageRoot(), 'broker-config', 'schemas', file);
    validator ??= validatorOf<Value>(JSON.parse(readFileSync(path, 'utf8')) as AnySchemaObject);
    return validator;
  };
}

/**
 * Parses UTF-8 JSON and validates it; `what` names it in the error.
 * @throws JsonFormError
 */
export function readJson<Value>(bytes: Uint8Array, isValid: ValidateFunction<Value>, what: string): Value {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new JsonFormError(`${what} is not JSON: ${messageOf(cause)}`, { cause });
  }
  return checkJson(value, isValid, what);
}

/** @throws JsonFormError with what the validator finds wrong */
export function checkJson<Value>(value: unknown, isValid: ValidateFunction<Value>, what: string): Value {
  if (isValid(value)) return value;
  throw new JsonFormError(ajv.errorsText(isValid.errors, { dataVar: what }));
}

/** @throws JsonFormError; `what` names the value in it */
export function instantFromJson(text: string, what: string): Instant {
  const parsed = parseInstant(text);
  if (parsed === undefined) throw new JsonFormError(`${what} is not a time such as 2030-01-31T12:00:00.123Z`);
  return parsed;
}
