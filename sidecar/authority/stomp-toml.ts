import { parse, TomlError } from 'smol-toml';
import { messageOf } from '../lib/errors';
import type { HostAndPort } from '../network/identity';
import type { StompEndpoint } from '../network/swaptacular-node';
import { AuthorityError } from './authority-error';

const JSON_TYPE = 'application/json';
const MOST_BYTES = 64 * 1024;
const MOST_SERVERS = 1000;
const MOST_TYPES = 100;
const MOST_CHARACTERS = 500;
const NODE_ID = '${NODE_ID}';

/**
 * Reads a stomp.toml; keys that are not described are skipped. `ownId` takes the place of `${NODE_ID}` in host,
 * destination and login, `where` names the file in errors. Throws AuthorityError STOMP_TOML.
 */
export function parseStompToml(text: string, ownId: string, where: string): StompEndpoint {
  const refuse = (what: string, cause?: unknown): AuthorityError =>
    new AuthorityError('STOMP_TOML', `${where}: ${what}`, {
      remedy: 'see docs/swaptacular-peers.md for what the file holds; the node that it belongs to corrects it',
      cause,
    });
  if (text.length > MOST_BYTES) throw refuse(`it has more than ${MOST_BYTES} characters`);
  const table = parseToml(text, refuse);
  const string = (key: string): string | undefined => {
    const value = table[key];
    if (value === undefined) return undefined;
    if (typeof value !== 'string') throw refuse(`"${key}" is not a text`);
    return headerValue(value, key, refuse);
  };
  const required = (key: string): string => {
    const value = string(key);
    if (value === undefined) throw refuse(`"${key}" is missing`);
    return value;
  };
  const own = (value: string): string => value.replaceAll(NODE_ID, ownId);
  const servers = serversOf(table['servers'], refuse);
  const host = own(required('host'));
  const login = string('login');
  const passcode = string('passcode');
  const destination = own(required('destination'));
  if (destination === '') throw refuse('"destination" is empty');
  return {
    servers,
    host,
    destination,
    ...(login === undefined ? {} : { login: own(login) }),
    ...(passcode === undefined ? {} : { passcode }),
    acceptedContentTypes: contentTypesOf(table['accepted-content-types'], refuse),
  };
}

type Refuse = (what: string, cause?: unknown) => AuthorityError;

function parseToml(text: string, refuse: Refuse): Readonly<Record<string, unknown>> {
  try {
    return parse(text, { maxDepth: 20, integersAsBigInt: 'asNeeded', unsafeKeyBehaviour: 'drop' });
  } catch (cause) {
    const where = cause instanceof TomlError ? ` (line ${cause.line}, column ${cause.column})` : '';
    throw refuse(`it is not TOML${where}: ${messageOf(cause).split('\n', 1)[0] ?? ''}`, cause);
  }
}

/** What becomes the header of a frame must fit into one. */
function headerValue(value: string, key: string, refuse: Refuse): string {
  if (value.length > MOST_CHARACTERS) throw refuse(`"${key}" has more than ${MOST_CHARACTERS} characters`);
  if (/\p{Cc}|\p{Surrogate}/u.test(value)) throw refuse(`"${key}" holds a line end or another control character`);
  return value;
}

function serversOf(value: unknown, refuse: Refuse): readonly [HostAndPort, ...HostAndPort[]] {
  if (!Array.isArray(value)) throw refuse('"servers" is not a list of "host:port"');
  if (value.length > MOST_SERVERS) throw refuse(`"servers" has more than ${MOST_SERVERS} entries`);
  const [first, ...others] = value.map((server: unknown) => {
    const found = typeof server === 'string' ? parseServer(server) : undefined;
    if (found === undefined) throw refuse(`"servers": ${JSON.stringify(server)} is not "host:port"`);
    return found;
  });
  if (first === undefined) throw refuse('"servers" is empty');
  return [first, ...others];
}

const SERVER = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]{1,254})):(\d{1,5})$/;

/** `host:port`, or undefined: a name of letters, digits and hyphens, an IPv4 address, or an IPv6 address in brackets. */
export function parseServer(text: string): HostAndPort | undefined {
  const [, ipv6, name = '', digits = ''] = SERVER.exec(text) ?? [];
  const port = Number(digits);
  if (port < 1 || port > 65_535) return undefined;
  if (ipv6 !== undefined) return ipv6.includes(':') ? { host: ipv6, port } : undefined;
  const labels = name.replace(/\.$/, '').split('.');
  const isName = labels.every((label) => /^(?!-)[A-Za-z0-9-]{1,63}(?<!-)$/.test(label));
  return isName ? { host: name, port } : undefined;
}

function contentTypesOf(value: unknown, refuse: Refuse): readonly [string, ...string[]] {
  const list = value ?? [];
  const isTexts = Array.isArray(list) && list.every((type) => typeof type === 'string');
  if (!isTexts || list.length > MOST_TYPES) throw refuse('"accepted-content-types" is not a list of MIME types');
  const types = list.map((type) => headerValue(type, 'accepted-content-types', refuse));
  const [first = JSON_TYPE, ...others] = types.includes(JSON_TYPE) ? types : [...types, JSON_TYPE];
  return [first, ...others];
}
