import { DevNetworkError } from './dev-network-error';

/** Where the acceptors of one node listen. */
export interface NodePorts {
  readonly p2p: number;
  readonly node: number;
  readonly rpc: number;
  readonly rpcAdmin: number;
}

/** The first node gets what a configuration without ports has. */
export const DEFAULT_BASE_PORT = 10_002;

const PORTS_PER_NODE = 4;
const HIGHEST_PORT = 65_535;

/** Four ports in a row for the node at `index`, from 0. @throws DevNetworkError DEV_NETWORK_PORTS */
export function portsFrom(base: number, index: number): NodePorts {
  const p2p = base + PORTS_PER_NODE * index;
  const ports = { p2p, node: p2p + 1, rpc: p2p + 2, rpcAdmin: p2p + 3 };
  checkPorts(ports, new Set());
  return ports;
}

/** The first ports of `portsFrom` that are not taken. @throws DevNetworkError DEV_NETWORK_PORTS when there are none left */
export function nextPorts(base: number, taken: ReadonlySet<number>): NodePorts {
  for (let index = 0; ; index += 1) {
    const ports = portsFrom(base, index);
    if (!portList(ports).some((port) => taken.has(port))) return ports;
  }
}

/** @throws DevNetworkError DEV_NETWORK_PORTS when one is out of range, there twice or taken */
export function checkPorts(ports: NodePorts, taken: ReadonlySet<number>): void {
  checkPortList(portList(ports), taken);
}

/** @throws DevNetworkError DEV_NETWORK_PORTS when one is out of range, there twice or taken */
export function checkPortList(list: readonly number[], taken: ReadonlySet<number>): void {
  for (const [index, port] of list.entries()) {
    if (!Number.isInteger(port) || port < 1 || port > HIGHEST_PORT) {
      throw refuse(`${port} is not a port from 1 to ${HIGHEST_PORT}`, 'take another base port, or fewer nodes');
    }
    if (taken.has(port) || list.indexOf(port) !== index) {
      throw refuse(
        `port ${port} is taken twice`,
        'give each acceptor of each node, and the map service, ports of their own',
      );
    }
  }
}

export function portList({ p2p, node, rpc, rpcAdmin }: NodePorts): readonly number[] {
  return [p2p, node, rpc, rpcAdmin];
}

function refuse(reason: string, remedy: string): DevNetworkError {
  return new DevNetworkError('DEV_NETWORK_PORTS', `the ports of the development network are wrong: ${reason}`, {
    remedy,
  });
}
