import type { SigningScheme } from '../certificates/keys';
import type { X500Name } from '../certificates/x500-name';
import { DevNetworkError } from './dev-network-error';
import { aliasOf, checkAlias, legalName } from './names';
import { checkPorts, DEFAULT_BASE_PORT, nextPorts, portList, type NodePorts } from './ports';

/** A node that is wanted. */
export interface NodeSpec {
  /** X.500 name with O, L and C. */
  readonly name: string;
  /** Name of its folder; made from the organisation unless given. */
  readonly alias?: string;
  /** Where other nodes reach it; 127.0.0.1 unless given. */
  readonly host?: string;
  /** The next free ones of the network from the base port on unless given. */
  readonly ports?: NodePorts;
  /** Kind of the key of its legal identity; Ed25519 unless given. */
  readonly identityKey?: SigningScheme;
  /** X.500 names of the services that it offers, perhaps with other nodes. */
  readonly services?: readonly string[];
}

/** A NodeSpec with everything decided. */
export interface PlannedNode {
  readonly alias: string;
  readonly name: X500Name;
  readonly host: string;
  readonly ports: NodePorts;
  readonly identityKey: SigningScheme;
  readonly services: readonly X500Name[];
}

/** What new nodes must not share with those that are there. */
export interface TakenNode {
  readonly alias: string;
  readonly name: X500Name;
  readonly ports: NodePorts;
}

/**
 * Decides what the specs leave open, in their order.
 * @throws DevNetworkError DEV_NETWORK_NAME, DEV_NETWORK_ALIAS or DEV_NETWORK_PORTS
 */
export function planNodes(
  specs: readonly NodeSpec[],
  existing: readonly TakenNode[],
  basePort = DEFAULT_BASE_PORT,
): PlannedNode[] {
  const names = new Set(existing.map(({ name }) => name.key()));
  // What is asked for goes first, so that nothing chosen here stands in its way.
  const asked = specs.flatMap(({ alias }) => alias ?? []);
  const aliases = new Set([...existing.map(({ alias }) => alias), ...asked]);
  const ports = new Set(
    [...existing, ...specs].flatMap((node) => (node.ports === undefined ? [] : portList(node.ports))),
  );
  checkAsked(specs, existing);
  return specs.map((spec) => {
    const name = legalName(spec.name);
    if (names.has(name.key())) throw taken('DEV_NETWORK_NAME', `the name ${name.toCorda()}`);
    names.add(name.key());
    const alias = spec.alias ?? aliasOf(name, aliases);
    aliases.add(alias);
    const chosen = spec.ports ?? nextPorts(basePort, ports);
    for (const port of portList(chosen)) ports.add(port);
    const { host = '127.0.0.1', identityKey = 'ed25519', services = [] } = spec;
    return { alias, name, host, ports: chosen, identityKey, services: distinct(services.map(legalName)) };
  });
}

function distinct(names: readonly X500Name[]): X500Name[] {
  return names.filter((name, index) => names.findIndex((other) => other.equals(name)) === index);
}

function checkAsked(specs: readonly NodeSpec[], existing: readonly TakenNode[]): void {
  const aliases = new Set(existing.map(({ alias }) => alias));
  const ports = new Set(existing.flatMap((node) => portList(node.ports)));
  for (const spec of specs) {
    if (spec.alias !== undefined) {
      checkAlias(spec.alias);
      if (aliases.has(spec.alias)) throw taken('DEV_NETWORK_ALIAS', `the alias ${spec.alias}`);
      aliases.add(spec.alias);
    }
    if (spec.ports !== undefined) {
      checkPorts(spec.ports, ports);
      for (const port of portList(spec.ports)) ports.add(port);
    }
  }
}

function taken(code: 'DEV_NETWORK_NAME' | 'DEV_NETWORK_ALIAS', what: string): DevNetworkError {
  return new DevNetworkError(code, `${what} is taken by another node of the network`, { remedy: 'choose another' });
}
