import { join } from 'node:path';
import { chainPem } from './credential';
import type { NewFile } from './file-tree';
import type { Authority, IssueSettings } from './issue-corda';
import { issueMapSigners } from './issue-map-signers';

/** Where everything of a development network's map service lies. */
export interface MapServiceFiles {
  readonly folder: string;
  /** Configuration for `netmap map serve`. */
  readonly config: string;
  readonly mapKey: string;
  readonly mapChain: string;
  readonly parametersKey: string;
  readonly parametersChain: string;
  readonly operatorToken: string;
}

/** `network` is the folder of what the network's operator holds, '' for paths from there. */
export function mapServiceFiles(network: string): MapServiceFiles {
  const folder = join(network, 'map-service');
  return {
    folder,
    config: join(folder, 'map-service.yaml'),
    mapKey: join(folder, 'map-key.pem'),
    mapChain: join(folder, 'map.pem'),
    parametersKey: join(folder, 'parameters-key.pem'),
    parametersChain: join(folder, 'parameters.pem'),
    operatorToken: join(folder, 'operator-token'),
  };
}

/** Where a map service listens: for nodes, and for its operator. */
export interface MapServicePorts {
  readonly map: number;
  readonly operator: number;
}

/** What nodes name as the network map service. */
export function mapUrl({ map }: MapServicePorts): string {
  return `http://127.0.0.1:${map}`;
}

const TOKEN_BYTES = 24;

/** Keys, certificates and configuration of a map service, paths from the network's folder. */
export function mapServiceTree(
  { root }: Authority,
  settings: IssueSettings,
  network: string,
  ports: MapServicePorts,
): NewFile[] {
  const paths = mapServiceFiles(network);
  const { map, parameters } = issueMapSigners(root, settings);
  return [
    { path: paths.config, content: mapServiceYaml(ports) },
    { path: paths.mapKey, content: map.privateKey, secret: true },
    { path: paths.mapChain, content: chainPem(map.chain) },
    { path: paths.parametersKey, content: parameters.privateKey, secret: true },
    { path: paths.parametersChain, content: chainPem(parameters.chain) },
    {
      path: paths.operatorToken,
      content: `${Buffer.from(settings.random(TOKEN_BYTES)).toString('base64url')}\n`,
      secret: true,
    },
  ];
}

function mapServiceYaml({ map, operator }: MapServicePorts): string {
  return `# The network map service of a development network: netmap map serve --config map-service.yaml
listen: { host: 127.0.0.1, port: ${map} }
operator: { port: ${operator}, token: { file: operator-token } }
roots: ../root.pem
mapSigner: { key: { file: map-key.pem }, chain: map.pem }
parametersSigner: { key: { file: parameters-key.pem }, chain: parameters.pem }
pollSeconds: 1
parameters: { minimumPlatformVersion: 1 }
`;
}
