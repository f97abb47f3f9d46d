import { stringify } from 'smol-toml';
import type { NodeType } from '../network/swaptacular-node';
import { AuthorityError } from './authority-error';
import { createSigningRequest } from './certificate-request';
import { INDEX_ATTRIBUTES, indexLine, serialText } from './certificate-register';
import { DatabaseFile, DatabaseFolder } from './database-folder';
import { issueRoot } from './issue-certificates';
import type { AuthorityTools } from './issue-certificates';
import { agentId, isNodeId, subjectOf, unitOf } from './node-name';
import type { NodeName } from './node-name';
import { readOwnRoot } from './read-database';
import type { Root } from './root-certificate';
import { lockKey } from './root-key';
import { parseServer, parseStompToml } from './stomp-toml';
import { putNewFolder } from './write-database';
import type { NewFile } from './write-database';

export interface NewNode {
  readonly nodeType: NodeType;
  /** 8 hexadecimal digits, for accounting authorities alone: agents have an ID that is made from their key. */
  readonly id?: string;
  /** `host:port` of every server that takes messages from peers. */
  readonly servers: readonly string[];
  /** Header `host` of CONNECT; "/" unless given. */
  readonly host?: string;
  /** Header `destination` of SEND; as the type asks for unless given. */
  readonly destination?: string;
}

const DESTINATIONS: Readonly<Record<NodeType, string>> = {
  'accounting-authority': '/exchange/accounts_in',
  'creditors-agent': '/exchange/creditors_in',
  'debtors-agent': '/exchange/debtors_in',
};

/** The one that the reference scripts give to every creditors agent. */
const CREDITORS_SUBNET = '000001';
const FIRST_CRL_NUMBER = '1001\n';
const SERIAL_BYTES = 16;

/**
 * Makes a new database, whole or not at all: a root with its key, locked under the passphrase, and what the node tells
 * its peers. The folder must be empty or not there. Throws AuthorityError NODE_INVALID, STOMP_TOML, DATABASE_EXISTS or
 * DATABASE_FILE.
 */
export async function initAuthority(
  path: string,
  node: NewNode,
  passphrase: string,
  tools: AuthorityTools,
): Promise<Root> {
  const { nodeType } = node;
  const stompToml = stompTomlOf(node);
  checkId(node);
  const pair = tools.generateKey();
  const rootKey = lockKey(pair.privateKey, passphrase);
  const name: NodeName = { nodeType, id: node.id ?? agentId(pair.publicKey) };
  const serial = BigInt(`0x${Buffer.from(tools.randomBytes(SERIAL_BYTES)).toString('hex')}`) + 1n;
  const certificate = issueRoot(name, pair, { serial, at: tools.clock.now() });
  const files: NewFile[] = [
    { path: DatabaseFile.rootKey, content: rootKey, secret: true },
    { path: DatabaseFile.rootCertificate, content: certificate.pem() },
    { path: `certs/${serialText(serial)}.pem`, content: certificate.pem() },
    { path: DatabaseFile.index, content: indexLine(certificate) },
    { path: DatabaseFile.indexAttributes, content: INDEX_ATTRIBUTES },
    { path: DatabaseFile.serial, content: `${serialText(serial + 1n)}\n` },
    { path: DatabaseFile.crlNumber, content: FIRST_CRL_NUMBER },
    { path: DatabaseFile.nodeType, content: `${unitOf(nodeType)}\n` },
    { path: DatabaseFile.nodeId, content: `${name.id}\n` },
    { path: DatabaseFile.request, content: createSigningRequest(subjectOf(name), pair) },
    { path: DatabaseFile.stompToml, content: stompToml },
    ...subnetFiles(nodeType),
  ];
  await putNewFolder(path, files, ['peers']);
  return readOwnRoot(new DatabaseFolder(path));
}

function subnetFiles(nodeType: NodeType): NewFile[] {
  switch (nodeType) {
    case 'accounting-authority':
      // Where the count of allotted subnets begins: the next one is one more.
      return [
        { path: 'db/subnets/creditors/SEQNUM', content: '0\n' },
        { path: 'db/subnets/debtors/SEQNUM', content: '-1\n' },
      ];
    case 'creditors-agent':
      return [{ path: DatabaseFile.creditorsSubnet, content: `${CREDITORS_SUBNET}\n` }];
    case 'debtors-agent':
      return [];
  }
}

function checkId({ nodeType, id }: NewNode): void {
  const refuse = (what: string, remedy: string): AuthorityError => new AuthorityError('NODE_INVALID', what, { remedy });
  if (nodeType !== 'accounting-authority') {
    if (id === undefined) return;
    throw refuse(`the ID of a ${nodeType} is made from its key`, 'leave the ID out');
  }
  if (id !== undefined && isNodeId(id, nodeType)) return;
  const what = `an accounting authority needs an ID of 8 hexadecimal digits in lower case, not ${JSON.stringify(id ?? '')}`;
  throw refuse(what, 'take the first digits of the debtor IDs that it answers for, such as 1234abcd');
}

function stompTomlOf({ nodeType, servers, host = '/', destination = DESTINATIONS[nodeType] }: NewNode): string {
  const wrong = servers.find((server) => parseServer(server) === undefined);
  if (wrong !== undefined || servers.length === 0) {
    throw new AuthorityError('NODE_INVALID', `${JSON.stringify(wrong ?? '')} is no address of a server`, {
      remedy: 'give HOST:PORT, where peers reach this node',
    });
  }
  const text = stringify({ servers: [...servers], host, destination });
  parseStompToml(text, '', 'the new stomp.toml');
  return text.endsWith('\n') ? text : `${text}\n`;
}
