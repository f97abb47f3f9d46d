import { isIPv4 } from 'node:net';
import { nodeFiles } from './layout';
import type { NodePorts } from './ports';

export interface NodeSettings {
  readonly alias: string;
  /** As Corda writes it. */
  readonly name: string;
  /** Where other nodes reach this one: a host name or address, without brackets. */
  readonly host: string;
  readonly ports: NodePorts;
}

/** The configuration of a node of a development network, its paths relative to the node's folder. */
export function netmapYaml({ alias, name, host, ports }: NodeSettings, mapUrl?: string): string {
  const files = nodeFiles('');
  // What is not reached through this machine's own loopback interface is reached through one that is not known here.
  const p2pHost = isLoopback(host) ? host : '0.0.0.0';
  return `# A node of a development network: ${JSON.stringify(name)}
# Start it: netmap run --config nodes/${alias}/netmap.yaml
# All settings with their defaults: netmap config check --config nodes/${alias}/netmap.yaml
# Relative paths start at the folder of this file.
profile: corda

node:
  nodeInfo: ${files.nodeInfo} # what this node says of itself, signed

certificates:
  key: { file: ${files.tlsKey} }
  chain: ${files.tlsChain} # TLS certificate, node CA, doorman, root
  roots: ${files.roots} # whom to trust

${sourcesYaml(files.map, mapUrl)}

broker:
  mode: embedded
  instance: broker

acceptors:
  p2p: { host: ${JSON.stringify(p2pHost)}, port: ${ports.p2p} } # other nodes
  node: { host: 127.0.0.1, port: ${ports.node} } # this node alone
  rpc: { host: 127.0.0.1, port: ${ports.rpc} } # RPC users
  rpcAdmin: { host: 127.0.0.1, port: ${ports.rpcAdmin} } # this node's RPC server

rpc:
  users: ${files.rpcUsers} # "operator"; the password is in the file ${files.operatorPassword}

state: state
`;
}

function sourcesYaml(folder: string, mapUrl: string | undefined): string {
  if (mapUrl === undefined) {
    return `# The network map. A NodeInfo that is put into the folder joins, one that is taken away leaves.
sources:
  - directory: { path: ${folder} }`;
  }
  return `# The network map comes from a service, to which this node publishes its NodeInfo at each start and daily.
sources:
  - networkMap: { url: "${mapUrl}", format: json }`;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
