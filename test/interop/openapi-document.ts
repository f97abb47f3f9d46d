import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020, { type AnySchemaObject, type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import { packageRoot } from '../../sidecar/lib/package-root';

interface Reference {
  readonly $ref: string;
}

interface Header {
  readonly schema: AnySchemaObject;
}

interface Response {
  readonly headers: Readonly<Record<string, Header | Reference>>;
  readonly content?: Readonly<Record<string, { readonly schema: AnySchemaObject }>>;
}

interface Operation {
  readonly responses: Readonly<Record<string, Response | Reference>>;
}

export interface LiveAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

const BASE = 'https://artemis-netmap.invalid/schemas/';
const FILE = 'network-map.openapi.yaml';
const PAYLOADS = ['network-map', 'network-parameters', 'node-info', 'parameters-ack'];
/** Of the connection, not of what is answered. */
const TRANSPORT = ['connection', 'content-length', 'content-type', 'date', 'keep-alive', 'transfer-encoding'];

const folder = join(packageRoot(), 'broker-config', 'schemas');
export const openApiFile = join(folder, FILE);

/** The shipped description of the service's paths, and what it says about answers. */
export class OpenApiDocument {
  readonly document = parse(readFileSync(openApiFile, 'utf8')) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
    readonly components: { readonly schemas: Readonly<Record<string, AnySchemaObject>> };
  };
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true });
  private readonly compiled = new Map<AnySchemaObject, ValidateFunction>();

  constructor() {
    addFormats(this.ajv);
    // In JSON Schema it is an annotation; here what is encoded has to fit, too.
    this.ajv.removeKeyword('contentSchema').addKeyword({
      keyword: 'contentSchema',
      type: 'string',
      validate: (schema: AnySchemaObject, text: string) => this.doubts(schema, decoded(text)).length === 0,
    });
    for (const name of PAYLOADS) this.ajv.addSchema(shippedSchema(name));
    this.ajv.addSchema({ $id: `${BASE}${FILE}`, ...this.document });
  }

  /** What of an answer is other than described. */
  doubtsOf(method: string, path: string, { status, headers, body }: LiveAnswer): string[] {
    const described = this.document.paths[path]?.[method.toLowerCase()]?.responses[String(status)];
    if (described === undefined) return [`${method} ${path}: status ${status} is not described`];
    const response = this.resolved(described);
    const type = headers.get('content-type')?.split(';')[0] ?? '';
    const content = response.content?.[type];
    return [...this.headerDoubts(response.headers, headers), ...this.contentDoubts(response, type, content, body)];
  }

  /** What of a value does not fit a schema of the document. */
  doubts(schema: AnySchemaObject, value: unknown): string[] {
    const known = this.compiled.get(schema);
    const validate = known ?? this.ajv.compile(absolute(schema) as AnySchemaObject);
    this.compiled.set(schema, validate);
    return validate(value) ? [] : [this.ajv.errorsText(validate.errors)];
  }

  private headerDoubts(described: Response['headers'], headers: Headers): string[] {
    const names = Object.keys(described).map((name) => name.toLowerCase());
    const others = [...headers.keys()].filter((name) => ![...names, ...TRANSPORT].includes(name));
    const wrong = Object.entries(described).flatMap(([name, header]) =>
      this.doubts(this.resolved(header).schema, headers.get(name)).map((doubt) => `header ${name}: ${doubt}`),
    );
    return [...others.map((name) => `header ${name} is not described`), ...wrong];
  }

  private contentDoubts(
    response: Response,
    type: string,
    content: { readonly schema: AnySchemaObject } | undefined,
    body: Buffer,
  ): string[] {
    if (response.content === undefined) return body.length === 0 ? [] : ['there is a body'];
    if (content === undefined) return [`a body of the type ${type} is not described`];
    const isJson = type === 'application/json';
    return this.doubts(content.schema, isJson ? JSON.parse(body.toString('utf8')) : body.toString('utf8'));
  }

  private resolved<Value extends object>(value: Value | Reference): Value {
    if (!('$ref' in value)) return value;
    const steps = value.$ref.replace('#/', '').split('/');
    return steps.reduce<unknown>((at, step) => (at as Record<string, unknown>)[step], this.document) as Value;
  }
}

/** As the code reads with it. */
export function shippedSchema(name: string): AnySchemaObject {
  return JSON.parse(readFileSync(join(folder, `${name}.schema.json`), 'utf8')) as AnySchemaObject;
}

/** References that hold from anywhere. */
function absolute(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(absolute);
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]: [string, unknown]) =>
      key === '$ref' && typeof value === 'string'
        ? [key, new URL(value, `${BASE}${FILE}`).href]
        : [key, absolute(value)],
    ),
  );
}

function decoded(text: string): unknown {
  return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
}
