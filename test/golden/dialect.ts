import { pbkdf2Sync } from 'node:crypto';
import { parse } from 'yaml';
import { X500Name } from '../../sidecar/certificates/x500-name';
import type { BaseSettings } from '../../sidecar/lib/base-settings';
import type { HostAndPort, Identity, IdentityRole } from '../../sidecar/network/identity';
import { networkView, type NetworkView } from '../../sidecar/network/network-view';
import type { Peer } from '../../sidecar/network/peer';
import type { PlanSettings } from '../../sidecar/plan/plan-settings';

/**
 * The input of a golden case, YAML. A node is written on one line:
 *   O=Bob, L=Rome, C=IT @ bob.example:10002, [2001:db8::1]:10002 | id DLBob | ca Bob's CA | and NAME | service NAME
 * where all but the name may be left out; an id is made of "DL" and the O of the name. A password of an RPC user is
 * NAME-secret.
 */
export interface GoldenInput {
  readonly own?: string;
  readonly peers?: readonly string[];
  readonly users?: readonly string[];
  readonly instance?: string;
  readonly data?: string;
  readonly sharedStore?: true;
  readonly rpcTls?: PlanSettings['acceptors']['rpc']['tls'];
  readonly hosts?: Readonly<Record<string, string>>;
  readonly ports?: Readonly<Record<string, number>>;
  readonly maxMessageSize?: number;
  readonly base?: Readonly<Record<string, object>>;
  /** Ids of the peers whose connections are in use. */
  readonly active?: readonly string[];
  /** What differs afterwards, for `show: diff`. */
  readonly then?: GoldenInput;
  /** `WHO as USER[:PASSWORD] | ACCEPTOR PROTOCOL | ACTION ADDRESS`; WHO is own, a peer's id, stranger or none. */
  readonly try?: readonly string[];
  readonly show?: readonly string[];
}

/** Known keys, so that a slip in a case does not pass unseen. */
const KEYS = [
  ...['own', 'peers', 'users', 'instance', 'data', 'sharedStore', 'rpcTls', 'hosts', 'ports', 'maxMessageSize'],
  ...['base', 'active'],
];

export function parseInput(text: string): GoldenInput {
  const input = parse(text) as GoldenInput;
  const wrong = [
    ...Object.keys(input).filter((key) => ![...KEYS, 'then', 'try', 'show'].includes(key)),
    ...Object.keys(input.then ?? {}).filter((key) => !KEYS.includes(key)),
  ];
  if (wrong.length > 0) throw new Error(`a golden case does not know ${wrong.join(', ')}`);
  return input;
}

export function viewOf(input: GoldenInput): NetworkView {
  return networkView(peerOf(input.own ?? 'O=Alice, L=Madrid, C=ES'), (input.peers ?? []).map(peerOf));
}

export function settingsOf(input: GoldenInput, base: BaseSettings): PlanSettings {
  const listen = (name: string, host: string, port: number): HostAndPort => ({
    host: input.hosts?.[name] ?? host,
    port: input.ports?.[name] ?? port,
  });
  return {
    instance: input.instance ?? '/srv/alice',
    ...(input.data === undefined ? {} : { data: input.data }),
    ...(input.sharedStore === undefined ? {} : { sharedStore: input.sharedStore }),
    acceptors: {
      p2p: listen('p2p', '0.0.0.0', 10002),
      node: listen('node', '127.0.0.1', 10003),
      rpc: { ...listen('rpc', '127.0.0.1', 10004), tls: input.rpcTls ?? 'own' },
      rpcAdmin: listen('rpcAdmin', '127.0.0.1', 10005),
    },
    rpcUsers: (input.users ?? []).map((name) => ({ name, passwordHash: hashOf(`${name}-secret`) })),
    maxMessageSize: input.maxMessageSize ?? 10_485_760,
    base: mergeBase(base, input.base ?? {}),
  };
}

function mergeBase(base: BaseSettings, over: Readonly<Record<string, object>>): BaseSettings {
  const sections = Object.entries(base) as [string, object][];
  return Object.fromEntries(
    sections.map(([name, section]) => [name, { ...section, ...over[name] }]),
  ) as unknown as BaseSettings;
}

/** One iteration, where a real hash has many: a case wants to be quick. */
function hashOf(password: string): string {
  const salt = Buffer.from('0011223344556677', 'hex');
  return `ENC(1:${salt.toString('hex')}:${pbkdf2Sync(password, salt, 1, 20, 'sha1').toString('hex')})`;
}

function peerOf(text: string): Peer {
  const [head = '', ...parts] = text.split(' | ');
  const [name = '', addresses] = head.split(' @ ');
  const value = (key: string): string[] =>
    parts.filter((part) => part.startsWith(`${key} `)).map((part) => part.slice(key.length + 1));
  const first = identity(name, 'legal', value('id')[0]);
  const others = value('and').map((other) => identity(other, 'legal'));
  return {
    identities: [first, ...others],
    services: value('service').map((service) => identity(service, 'service')),
    addresses: addressesOf(addresses ?? `${first.id.slice(2).toLowerCase()}.example:10002`),
    nodeCa: value('ca')[0] ?? `node CA of ${first.id}`,
    platformVersion: 12,
    serial: 1n,
  };
}

function identity(text: string, role: IdentityRole, id?: string): Identity {
  const name = X500Name.parse(text);
  const made = `DL${(name.valuesOf('O')[0] ?? '').replace(/[^A-Za-z0-9]/g, '')}`;
  return { id: id ?? made, name, role, publicKey: Buffer.from(id ?? made) };
}

function addressesOf(text: string): Peer['addresses'] {
  const [first, ...others] = text.split(', ').map((address): HostAndPort => {
    const [, host = '', port] = /^\[?(.+?)\]?:(\d+)$/.exec(address) ?? [];
    return { host, port: Number(port) };
  });
  if (first === undefined) throw new Error(`no address in ${text}`);
  return [first, ...others];
}
