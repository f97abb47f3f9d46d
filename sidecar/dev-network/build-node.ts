import { hashPassword } from '../config/password-hash';
import { checkAddresses } from '../network-map/node-address';
import { signNodeInfo } from '../network-map/node-info-writer';
import { chainPem, type Credential } from './credential';
import type { NewFile } from './file-tree';
import { issueIdentity, issueNodeCa, issueTls, type Authority, type IssueSettings } from './issue-corda';
import { nodeFiles } from './layout';
import { netmapYaml } from './netmap-yaml';
import type { PlannedNode } from './node-spec';

/** That of Corda 4.10. */
export const PLATFORM_VERSION = 12;
const PASSWORD_BYTES = 18;

export interface BuildSettings extends IssueSettings {
  /** The serial of NodeInfos: the time as a rule, so that a node that is made again is newer. */
  readonly serial: bigint;
  /** Of the network map service, where there is one. */
  readonly mapUrl?: string;
}

export interface BuiltNode {
  readonly alias: string;
  /** Content of its NodeInfo file. */
  readonly nodeInfo: string;
  /** Everything in its folder but the network map, paths from that folder. */
  readonly files: readonly NewFile[];
}

/**
 * Makes keys, certificates, NodeInfo and configuration of one node; `services` are the credentials of those it offers.
 * @throws NodeInfoError NODE_INFO_ADDRESS for a host that nothing can connect to
 */
export async function buildNode(
  { doorman }: Authority,
  node: PlannedNode,
  services: readonly Credential[],
  settings: BuildSettings,
): Promise<BuiltNode> {
  const nodeCa = issueNodeCa(doorman, node.name, settings);
  const tls = issueTls(nodeCa, settings);
  const identity = issueIdentity(nodeCa, node.identityKey, settings);
  const { text: nodeInfo } = await signNodeInfo({
    addresses: checkAddresses([{ host: node.host, port: node.ports.p2p }]),
    platformVersion: PLATFORM_VERSION,
    serial: settings.serial,
    identities: [
      { role: 'legal', certificates: identity.chain, privateKey: identity.privateKey },
      ...services.map(({ chain, privateKey }) => ({ role: 'service' as const, certificates: chain, privateKey })),
    ],
  });
  const paths = nodeFiles('');
  const password = Buffer.from(settings.random(PASSWORD_BYTES)).toString('base64url');
  const [root] = doorman.chain.slice(-1);
  return {
    alias: node.alias,
    nodeInfo,
    files: [
      { path: paths.config, content: netmapYaml({ ...node, name: node.name.toCorda() }, settings.mapUrl) },
      { path: paths.nodeInfo, content: nodeInfo },
      { path: paths.tlsKey, content: tls.privateKey, secret: true },
      { path: paths.tlsChain, content: chainPem(tls.chain) },
      { path: paths.nodeCaKey, content: nodeCa.privateKey, secret: true },
      { path: paths.identityKey, content: identity.privateKey, secret: true },
      { path: paths.identityChain, content: chainPem(identity.chain) },
      { path: paths.roots, content: chainPem(root === undefined ? [] : [root]) },
      { path: paths.rpcUsers, content: await rpcUsersYaml(password, settings), secret: true },
      { path: paths.operatorPassword, content: `${password}\n`, secret: true },
    ],
  };
}

async function rpcUsersYaml(password: string, { random }: IssueSettings): Promise<string> {
  return `# Who may use RPC. The password of "operator" is in the file ${nodeFiles('').operatorPassword}.
users:
  - name: operator
    passwordHash: ${await hashPassword(password, random)}
`;
}
