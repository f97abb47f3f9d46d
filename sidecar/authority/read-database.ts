import { eachLimited } from '../lib/each-limited';
import type { SwaptacularNode, SwaptacularPeer } from '../network/swaptacular-node';
import { AuthorityError } from './authority-error';
import { DatabaseFile, DatabaseFolder } from './database-folder';
import { NODE_TYPES, nodeTypeOf, unitOf } from './node-name';
import { oneCertificate } from './pem-file';
import { readPeer } from './read-peer';
import { readRoot } from './root-certificate';
import type { Root } from './root-certificate';

/** A peer that cannot be used as it stands in the database; the others can. */
export interface RefusedPeer {
  /** The name of its folder. */
  readonly id: string;
  readonly error: AuthorityError;
}

export interface Database {
  readonly node: SwaptacularNode;
  /** By name of the folder. */
  readonly refused: readonly RefusedPeer[];
}

const FILES_AT_ONCE = 16;

/**
 * Reads the database of a node's authority as the reference scripts (and `netmap ca`) keep it. Signatures, names and
 * keys are verified, dates are not. Throws AuthorityError when the node itself cannot be read.
 */
export async function readDatabase(path: string): Promise<Database> {
  const folder = new DatabaseFolder(path);
  const own = await readOwnRoot(folder);
  const ownSubnet = await readOwnSubnet(folder, own);
  const peers: SwaptacularPeer[] = [];
  const refused: RefusedPeer[] = [];
  await eachLimited(await folder.folder('peers').folders(), FILES_AT_ONCE, async (id) => {
    try {
      peers.push(await readPeer(folder.folder('peers').folder(id), id, own, ownSubnet));
    } catch (error) {
      if (!(error instanceof AuthorityError)) throw error;
      refused.push({ id, error });
    }
  });
  const byId = (a: { readonly id: string }, b: { readonly id: string }): number => (a.id < b.id ? -1 : 1);
  const serverCertificate = await readServerCertificate(folder, own);
  return {
    node: {
      id: own.id,
      nodeType: own.nodeType,
      rootCertificate: own.certificate.pem(),
      ...(serverCertificate === undefined ? {} : { serverCertificate }),
      ...(ownSubnet === undefined ? {} : { subnet: ownSubnet }),
      peers: peers.sort(byId),
    },
    refused: refused.sort(byId),
  };
}

/** As readDatabase, where every peer must be fit for use: throws the AuthorityError of the first one that is not. */
export async function readSwaptacularNode(path: string): Promise<SwaptacularNode> {
  const { node, refused } = await readDatabase(path);
  if (refused[0] !== undefined) throw refused[0].error;
  return node;
}

/** The root of the node that a database belongs to. */
export async function readOwnRoot(folder: DatabaseFolder): Promise<Root> {
  const file = DatabaseFile.rootCertificate;
  const root = readRoot(await folder.text(file), folder.at(file));
  const unit = await folder.line(DatabaseFile.nodeType);
  const id = await folder.line(DatabaseFile.nodeId);
  const asRoot = `it must say the same as the subject of ${folder.at(file)}`;
  if (nodeTypeOf(unit) === undefined) {
    const types = NODE_TYPES.map((type) => JSON.stringify(unitOf(type))).join(', ');
    throw folder.invalid(DatabaseFile.nodeType, `${JSON.stringify(unit)} is none of ${types}`, asRoot);
  }
  if (nodeTypeOf(unit) !== root.nodeType) {
    throw folder.invalid(DatabaseFile.nodeType, `${unit}, but the root says ${unitOf(root.nodeType)}`, asRoot);
  }
  if (id !== root.id) {
    throw folder.invalid(DatabaseFile.nodeId, `${JSON.stringify(id)}, but the root says ${root.id}`, asRoot);
  }
  return root;
}

async function readOwnSubnet(folder: DatabaseFolder, own: Root): Promise<string | undefined> {
  if (own.nodeType === 'accounting-authority') return own.id;
  const isCreditors = own.nodeType === 'creditors-agent';
  const file = isCreditors ? DatabaseFile.creditorsSubnet : DatabaseFile.debtorsSubnet;
  const subnet = isCreditors ? await folder.line(file) : await folder.optionalLine(file);
  if (subnet === undefined || (isCreditors ? /^[0-9a-f]{6}$/ : /^[0-9a-f]{8,16}$/).test(subnet)) return subnet;
  const form = isCreditors ? '6 hexadecimal digits' : '8 to 16 hexadecimal digits';
  throw folder.invalid(file, `${JSON.stringify(subnet)} is not ${form}`, `write ${form} in lower case, such as 000001`);
}

async function readServerCertificate(folder: DatabaseFolder, own: Root): Promise<string | undefined> {
  const file = DatabaseFile.serverCertificate;
  const text = await folder.optionalText(file);
  if (text === undefined) return undefined;
  const remedy = 'make another with netmap ca server-cert';
  const certificate = oneCertificate(text, (why) => folder.invalid(file, why, remedy));
  if (certificate.isCa || !certificate.subject.matches(own.certificate.subject)) {
    throw folder.invalid(file, `it is not a server certificate of ${own.id}`, remedy);
  }
  return certificate.pem();
}
