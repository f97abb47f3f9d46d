import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AnySchemaObject } from 'ajv/dist/2020';
import { packageRoot } from '../lib/package-root';

/** A JSON Schema that the product ships, by its file name. */
export function readSchema(name: string): AnySchemaObject {
  return JSON.parse(readFileSync(join(packageRoot(), 'broker-config/schemas', name), 'utf8')) as AnySchemaObject;
}
