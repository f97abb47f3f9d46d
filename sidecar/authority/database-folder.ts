import { constants } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../lib/errors';
import { AuthorityError } from './authority-error';

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

  async optionalBytes(name: string): Promise<Buffer | undefined> {
    const path = this.at(name);
    try {
      // Without O_NONBLOCK the opening of a named pipe would wait for a writer, for ever.
      const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
      try {
        const found = await handle.stat();
        if (!found.isFile()) throw this.invalid(name, 'it is not a file', 'put the file there');
        if (found.size > MOST_BYTES) throw this.invalid(name, `it has more than ${MOST_BYTES} bytes`, 'correct it');
        return await handle.readFile();
      } finally {
        await handle.close();
      }
    } catch (cause) {
      if (cause instanceof AuthorityError) throw cause;
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw new AuthorityError('DATABASE_FILE', `${path} cannot be read: ${messageOf(cause)}`, {
        remedy: 'let this user read it',
        cause,
      });
    }
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
    return (await stat(this.at(name)).catch(() => undefined)) !== undefined;
  }

  /** The names of the folders in it, those with a dot in front left out; none where it does not exist itself. */
  async folders(): Promise<string[]> {
    try {
      const entries = await readdir(this.path, { withFileTypes: true });
      const names = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
      return names.map(({ name }) => name).sort();
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw new AuthorityError('DATABASE_FILE', `${this.path} cannot be read: ${messageOf(cause)}`, {
        remedy: 'let this user read it',
        cause,
      });
    }
  }

  invalid(name: string, why: string, remedy: string): AuthorityError {
    return new AuthorityError('DATABASE_INVALID', `${this.at(name)}: ${why}`, { remedy });
  }
}
