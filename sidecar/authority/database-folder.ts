import type { Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../lib/errors';
import { AuthorityError } from './authority-error';
import { readLimited } from './read-limited';

const MOST_BYTES = 1024 * 1024;

/** What the reference scripts call the files of a database, from its folder. */
export const DatabaseFile = {
  rootCertificate: 'root-ca.crt',
  rootKey: 'private/root-ca.key',
  request: 'db/root-ca.csr',
  nodeId: 'db/nodeid',
  nodeType: 'db/nodetype',
  index: 'db/index',
  indexAttributes: 'db/index.attr',
  serial: 'db/serial',
  crlNumber: 'db/crlnumber',
  creditorsSubnet: 'creditors-subnet.txt',
  debtorsSubnet: 'debtors-subnet.txt',
  serverCertificate: 'server.crt',
  serverKey: 'server.key',
  stompToml: 'nodeinfo/stomp.toml',
  updatedAt: 'nodeinfo/updated-at.txt',
} as const;

/** The files of a peer, from its own folder `peers/ID`. */
export const PeerFile = {
  rootCertificate: 'root-ca.crt',
  nodeType: 'nodetype.txt',
  queues: 'queues.txt',
  /** Issued by us. */
  peerCertificate: 'peercert.crt',
  /** Received from the peer. */
  subCa: 'sub-ca.crt',
  subnet: 'subnet.txt',
  masqueradeSubnet: 'masq-subnet.txt',
  nodeInfo: 'nodeinfo',
  stompToml: 'nodeinfo/stomp.toml',
  updatedAt: 'nodeinfo/updated-at.txt',
  active: 'ACTIVE',
  deactivated: 'DEACTIVATED',
} as const;

/** Reads files of one folder. Every error is an AuthorityError DATABASE_FILE or DATABASE_INVALID that names the file. */
export class DatabaseFolder {
  constructor(readonly path: string) {}

  at(...parts: string[]): string {
    return join(this.path, ...parts);
  }

  folder(name: string): DatabaseFolder {
    return new DatabaseFolder(this.at(name));
  }

  async bytes(name: string): Promise<Buffer> {
    const content = await this.optionalBytes(name);
    if (content !== undefined) return content;
    throw new AuthorityError('DATABASE_FILE', `${this.at(name)} does not exist`, {
      remedy: 'name the folder of a complete database, put the file back, or make a database with netmap ca init',
    });
  }

  optionalBytes(name: string): Promise<Buffer | undefined> {
    return readLimited(this.at(name), MOST_BYTES);
  }

  async text(name: string): Promise<string> {
    return (await this.bytes(name)).toString('utf8');
  }

  async optionalText(name: string): Promise<string | undefined> {
    return (await this.optionalBytes(name))?.toString('utf8');
  }

  /** The one line of a file, without its end. */
  async line(name: string): Promise<string> {
    return (await this.text(name)).replace(/\r?\n$/, '');
  }

  async optionalLine(name: string): Promise<string | undefined> {
    return (await this.optionalText(name))?.replace(/\r?\n$/, '');
  }

  async has(name: string): Promise<boolean> {
    return (await this.statOf(name)) !== undefined;
  }

  /** The names of the folders in it, those with a dot in front left out; none where it does not exist itself. */
  async folders(): Promise<string[]> {
    try {
      const names = (await readdir(this.path)).filter((name) => !name.startsWith('.'));
      const isFolder = await Promise.all(names.map(async (name) => (await this.statOf(name))?.isDirectory() === true));
      return names.filter((_, index) => isFolder[index]).sort();
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw new AuthorityError('DATABASE_FILE', `${this.path} cannot be read: ${messageOf(cause)}`, {
        remedy: 'let this user read it',
        cause,
      });
    }
  }

  /** Links are followed: databases may be mounted from elsewhere. */
  private statOf(name: string): Promise<Stats | undefined> {
    return stat(this.at(name)).catch(() => undefined);
  }

  invalid(name: string, why: string, remedy: string): AuthorityError {
    return new AuthorityError('DATABASE_INVALID', `${this.at(name)}: ${why}`, { remedy });
  }
}
