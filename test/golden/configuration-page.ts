import { join } from 'node:path';
import { readSchema } from '../../sidecar/config/schema-file';
import { packageRoot } from '../../sidecar/lib/package-root';

/** A part of the configuration's JSON Schema, with what it says to the reader. */
export interface SettingSchema {
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly unit?: string;
  readonly profile?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, SettingSchema>>;
  readonly items?: SettingSchema;
  readonly then?: SettingSchema;
  readonly else?: SettingSchema;
  readonly $defs?: Readonly<Record<string, SettingSchema>>;
}

/** A setting that holds a value and no other settings. */
export interface Setting {
  /** As `sources[].directory.path`. */
  readonly path: string;
  readonly schema: SettingSchema;
  /** What it says of itself, not what it has of a kind that it shares with others. */
  readonly description: string | undefined;
  readonly profile: string | undefined;
  readonly required: 'yes' | 'corda' | 'one of' | undefined;
  /** What all settings of its kind are: path, host, port, secret. */
  readonly kind: string | undefined;
}

export const PAGE = join(packageRoot(), 'docs/configuration.md');
const KINDS: Readonly<Record<string, string>> = {
  path: 'path',
  host: 'host name or IP address',
  port: 'port',
  secret: '[secret](#secrets)',
};
const TYPES: Readonly<Record<string, string>> = { integer: 'whole number', string: 'text', boolean: 'true or false' };

const root = readSchema('netmap.schema.json') as SettingSchema;

/** All settings, in the order of the schema. */
export function settings(): Setting[] {
  return Object.entries(root.properties ?? {}).flatMap(([name, schema]) =>
    under(name, schema, undefined, isRequired(root, name)),
  );
}

/** The page that tells them all. */
export function configurationPage(): string {
  const sections = Object.entries(root.properties ?? {}).map(([name, schema]) => section(name, schema));
  const secret = under('…', root.$defs?.['secret'] ?? {}, undefined, undefined);
  return `${INTRODUCTION}\n${sections.join('\n')}\n${SECRETS}\n${table(secret)}`;
}

function section(name: string, schema: SettingSchema): string {
  const all = settings().filter(({ path }) => new RegExp(`^${name}(?![A-Za-z])`).test(path));
  const about = all[0]?.path === name ? '' : `${resolved(schema).description ?? ''}\n\n`;
  return `## ${name}\n\n${about}${table(all)}`;
}

function under(
  path: string,
  given: SettingSchema,
  outer: string | undefined,
  required: Setting['required'],
): Setting[] {
  const schema = resolved(given);
  const profile = schema.profile ?? outer;
  const kind = KINDS[given.$ref?.split('/').at(-1) ?? ''];
  const own = { path, schema, description: given.description, profile, required, kind };
  if (kind !== undefined) return [own];
  if (schema.items !== undefined && resolved(schema.items).properties !== undefined)
    return under(`${path}[]`, schema.items, profile, required);
  const inner = Object.entries(schema.properties ?? {}).flatMap(([name, one]) =>
    under(`${path}.${name}`, one, profile, isRequired(schema, name)),
  );
  if (inner.length > 0) return inner;
  const other = schema.else === undefined ? [] : under(path, schema.else, profile, undefined);
  return [own, ...other];
}

function isRequired(schema: SettingSchema, name: string): Setting['required'] {
  if (schema.required?.includes(name) === true) return 'yes';
  if (schema.maxProperties === 1) return 'one of';
  return schema.else?.required?.includes(name) === true ? 'corda' : undefined;
}

/** What a reference says beside the name of the other place counts more than what that says. */
function resolved({ $ref, ...own }: SettingSchema): SettingSchema {
  return $ref === undefined ? own : { ...root.$defs?.[$ref.split('/').at(-1) ?? ''], ...own };
}

function table(rows: readonly Setting[]): string {
  const cells = rows.map((setting) => [
    `\`${setting.path}\``,
    typeOf(setting),
    defaultOf(setting),
    setting.profile ?? 'both',
    (setting.description ?? setting.schema.description ?? '').replaceAll('|', '\\|'),
  ]);
  const all = [['setting', 'type', 'default', 'profile', 'what it does'], ...cells];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = '', ...body] = all.map(line);
  return `${[head, line(widths.map((width) => '-'.repeat(width))), ...body].join('\n')}\n`;
}

function typeOf({ schema, kind, path }: Setting): string {
  if (kind !== undefined) return kind;
  const choice = schema.enum ?? schema.then?.enum;
  if (choice !== undefined) {
    const words = choice.map((value) => `\`${String(value)}\``);
    return [
      ...words,
      ...(schema.else === undefined ? [] : [`\`${path.split('.').at(-1) ?? ''}.key\` and \`.chain\``]),
    ].join(', ');
  }
  if (schema.items !== undefined) return `list: ${typeOf({ ...leaf(schema.items), path })}`;
  const name = TYPES[String(schema.type)] ?? String(schema.type);
  const unit = schema.unit === undefined ? '' : ` of ${schema.unit}`;
  const { minimum, maximum } = schema;
  return `${name}${unit}${minimum === undefined || maximum === undefined ? '' : `, ${minimum} to ${maximum}`}`;
}

function leaf(given: SettingSchema): Setting {
  const kind = KINDS[given.$ref?.split('/').at(-1) ?? ''];
  const schema = resolved(given);
  return { path: '', schema, description: undefined, profile: undefined, required: undefined, kind };
}

function defaultOf({ schema, required }: Setting): string {
  if (schema.default !== undefined) return `\`${JSON.stringify(schema.default).replaceAll('"', '')}\``;
  if (required === 'yes') return 'must be given';
  if (required === 'corda') return 'must be given in `corda`';
  return required === 'one of' ? 'one of these' : 'none';
}

const INTRODUCTION = `# Configuration

One YAML file a node, \`netmap.yaml\`, or what \`--config FILE\` names. Relative paths start at the folder of that file. A setting that
is not known is an error, with its place and the nearest one that is. \`netmap config check\` checks a file and shows every setting as it
counts, with all defaults. This page is made of the file's JSON Schema, \`broker-config/schemas/netmap.schema.json\`, which editors may use,
too.

A node of a Corda network whose map comes from a service, with a folder for what the service does not know:

\`\`\`yaml
node: { nodeInfo: node-info.json }
certificates:
  key: { file: certificates/tls-key.pem }
  chain: certificates/tls-chain.pem
  roots: certificates/roots.pem
  revocation: { lists: [{ url: 'http://pki.example/doorman.crl' }] }
sources:
  - directory: { path: additional-node-infos }
  - networkMap: { url: 'https://map.example/zone', maxPollSeconds: 600 }
broker: { mode: embedded, memory: 1G }
acceptors:
  p2p: { port: 10002 }
  rpc: { host: 0.0.0.0, port: 10004 }
rpc: { users: rpc-users.yaml }
http:
  port: 9464
  operator: { password: { env: NETMAP_OPERATOR } }
\`\`\`

A node of a Swaptacular network; its authority's folder has its certificates and its peers:

\`\`\`yaml
profile: swaptacular
node: { authority: ca }
limits: { peerConnections: 20 }
http: { port: 9464 }
\`\`\`

What the broker itself can be told (journal, paging, redelivery, credits) is in \`broker-config/base/broker.yaml\`, each with what it is
for; the file that \`broker.base\` names overrides it. In the tables, a setting with the profile \`both\` counts in Corda and Swaptacular
networks; \`one of these\`: exactly one of those with the same beginning is set; \`must be given\`: where anything of its section is.
`;

const SECRETS = `## Secrets

No secret is in the file itself: where one is asked for, the setting says where it lies, in exactly one of two ways. A file that is
open to others on the machine is refused: give it mode 0600 or 0640.
`;
