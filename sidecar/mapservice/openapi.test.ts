import SwaggerParser from '@apidevtools/swagger-parser';
import { fastify } from 'fastify';
import type { AnySchemaObject } from 'ajv/dist/2020';
import { flattenedJwsSchema, headerSchema } from '../network-map/jws';
import { generalJwsSchema, jwsType } from '../network-map/node-info-json';
import { acknowledgementType } from '../network-map/parameters-ack';
import { documentTypes } from '../network-map/signed-document';
import { OpenApiDocument, openApiFile } from '../../test/interop/openapi-document';
import { addMapRoutes, type ServedMapService } from './map-routes';
import { REFUSAL_STATUS } from './refusal';

const { document } = new OpenApiDocument();
const { schemas } = document.components;
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, { responses }]) => ({ method: method.toUpperCase(), path, responses })),
);

test('it is a valid OpenAPI 3.1 document', async () => {
  await SwaggerParser.validate(openApiFile);
  const broken = { ...(await SwaggerParser.parse(openApiFile)), paths: { '/x/{y}': { get: { responses: 5 } } } };
  await expect(SwaggerParser.validate(broken as never)).rejects.toThrow();
});

test('it describes every route, and no other', async () => {
  const routes: string[] = [];
  const server = fastify();
  server.addHook('onRoute', ({ method, url }) => {
    routes.push(`${String(method)} ${url.replaceAll(/:(\w+)/g, '{$1}')}`);
  });
  addMapRoutes(server, {} as ServedMapService, 1);
  await server.close();
  const heads = routes.filter((route) => route.startsWith('HEAD '));
  expect(routes.filter((route) => !heads.includes(route)).sort()).toEqual(
    operations.map(({ method, path }) => `${method} ${path}`).sort(),
  );
  expect(heads.every((route) => routes.includes(route.replace('HEAD', 'GET')))).toBe(true);
});

test('its codes are those of the service, each with its status', () => {
  const codesOf = (schema: AnySchemaObject | undefined): string[] =>
    (schema as { properties: { code: { enum: string[] } } }).properties.code.enum;
  expect(codesOf(schemas['refusal']).sort()).toEqual(Object.keys(REFUSAL_STATUS).sort());
  const byStatus = Object.entries(schemas).flatMap(([name, { allOf }]) => {
    const [, status] = /^refusal(\d+)$/.exec(name) ?? [];
    return status === undefined ? [] : codesOf((allOf as AnySchemaObject[])[1]).map((code) => [code, Number(status)]);
  });
  // Only operators have to prove who they are.
  const forNodes = Object.fromEntries(Object.entries(REFUSAL_STATUS).filter(([code]) => code !== 'UNAUTHORIZED'));
  expect(Object.fromEntries(byStatus)).toEqual(forNodes);
  const used = new Set(
    operations.flatMap(({ responses }) => Object.keys(responses)).filter((status) => status >= '400'),
  );
  expect(used).toEqual(new Set(Object.values(forNodes).map(String)));
});

const contentOf = (schema: AnySchemaObject): AnySchemaObject => schema['contentSchema'] as AnySchemaObject;
const propertiesOf = (schema: AnySchemaObject | undefined) =>
  (schema as { properties: Record<string, AnySchemaObject> }).properties;

test.each([
  ['signedMap', 'network-map', documentTypes.map],
  ['signedParameters', 'network-parameters', documentTypes.parameters],
  ['signedAcknowledgement', 'parameters-ack', acknowledgementType],
])('%s is what the code reads', (name, payload, typ) => {
  const { properties, ...frame } = flattenedJwsSchema;
  expect(schemas[name]).toMatchObject(frame);
  expect(Object.keys(propertiesOf(schemas[name])).sort()).toEqual(Object.keys(properties).sort());
  const { payload: written, protected: header } = propertiesOf(schemas[name]);
  expect(contentOf(written ?? {})).toEqual({ $ref: `${payload}.schema.json` });
  checkHeader(contentOf(header ?? {}), typ);
});

test('signedNodeInfo is what the code reads', () => {
  const { signatures, payload } = propertiesOf(schemas['signedNodeInfo']);
  const { properties: read, ...frame } = generalJwsSchema;
  expect(schemas['signedNodeInfo']).toMatchObject(frame);
  expect(contentOf(payload ?? {})).toEqual({ $ref: 'node-info.schema.json' });
  expect(signatures?.['maxItems']).toBe(read.signatures.maxItems);
  const one = signatures?.['items'] as AnySchemaObject;
  const { properties, ...each } = read.signatures.items;
  expect(one).toMatchObject(each);
  expect(Object.keys(propertiesOf(one)).sort()).toEqual(Object.keys(properties).sort());
  checkHeader(contentOf(propertiesOf(one)['protected'] ?? {}), jwsType);
});

test('texts in base64url are what the code reads', () => {
  expect(schemas['base64url']).toEqual(flattenedJwsSchema.properties.payload);
});

/** A header of any type, narrowed to one. */
function checkHeader(schema: AnySchemaObject, typ: string): void {
  const [common, narrowed] = schema['allOf'] as AnySchemaObject[];
  expect(common).toEqual({ $ref: '#/components/schemas/protectedHeader' });
  const { properties, ...frame } = headerSchema(typ);
  expect(schemas['protectedHeader']).toMatchObject(frame);
  expect({ ...propertiesOf(schemas['protectedHeader']), ...propertiesOf(narrowed) }).toMatchObject(properties);
}
