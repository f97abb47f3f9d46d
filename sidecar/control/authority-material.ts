import { DatabaseFile, DatabaseFolder } from '../authority/database-folder';
import { readOwnRoot } from '../authority/read-database';
import { parseStompToml } from '../authority/stomp-toml';
import { verifyChain } from '../certificates/chain';
import type { Certificate } from '../certificates/certificate';
import type { Config } from '../config/config';
import { readSecret } from '../config/read-secret';
import type { Clock } from '../lib/clock';
import { messageOf } from '../lib/errors';
import { authorityPeer } from '../sources/authority-peer';
import { checkKey, readChain, separateRpc, type NodeMaterial } from './node-material';
import { NodeError } from './node-error';

/** What the destination would be for a peer of that very name: peers that send to different ones are not told apart. */
const SOMEBODY = 'NODE_ID';

/**
 * Who a Swaptacular node is: its authority's root, and the server certificate that the root has issued.
 * Throws AuthorityError, NodeError or ConfigError.
 */
export async function readAuthorityMaterial(config: Config, authority: string, clock: Clock): Promise<NodeMaterial> {
  const database = new DatabaseFolder(authority);
  const { id, certificate: root } = await readOwnRoot(database);
  const stomp = parseStompToml(
    await database.text(DatabaseFile.stompToml),
    SOMEBODY,
    database.at(DatabaseFile.stompToml),
  );
  if (stomp.destination.includes(SOMEBODY))
    throw new NodeError('NODE_DESTINATION', `peers would each send to another destination: ${stomp.destination}`, {
      remedy: `write one destination into ${database.at(DatabaseFile.stompToml)}, such as /exchange/accounts_in`,
    });
  const key = (await readSecret(config.certificates.key)).reveal();
  const leaf = ownLeaf(await readChain(config.certificates.chain), root, clock.now());
  checkKey(key, leaf);
  const rpc = await separateRpc(config);
  return {
    own: authorityPeer(id, root.pem(), stomp.servers),
    roots: [root],
    stores: {
      nodeKey: key,
      nodeChain: leaf.pem(),
      ownCertificate: leaf.pem(),
      roots: root.pem(),
      ...(rpc === undefined ? {} : { rpc }),
    },
    destination: stomp.destination,
  };
}

function ownLeaf([leaf]: readonly Certificate[], root: Certificate, at: number): Certificate {
  const remedy = 'make another with netmap ca server-cert';
  if (leaf === undefined) throw new NodeError('NODE_CHAIN', 'there is no server certificate', { remedy });
  if (!leaf.subject.matches(root.subject))
    throw new NodeError('NODE_NAME_MISMATCH', `the server certificate is of ${leaf.subject.toRfc4514()}`, { remedy });
  try {
    verifyChain({ chain: [leaf], roots: [root], at });
  } catch (error) {
    throw new NodeError('NODE_CHAIN', `the server certificate is not good: ${messageOf(error)}`, {
      remedy,
      cause: error,
    });
  }
  return leaf;
}
