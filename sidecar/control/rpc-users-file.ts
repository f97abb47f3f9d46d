import { chown, readFile, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Config } from '../config/config';
import { ConfigError } from '../config/config-error';
import { editRpcUsers, UserError, type UserEdit } from '../config/edit-rpc-users';
import { loadRpcUsers, type RpcUser } from '../config/rpc-users';
import { writeFileAtomic } from '../lib/atomic-file';
import { messageOf } from '../lib/errors';

/** The file of RPC users that a configuration names, to be looked at and changed by hand. */
export class RpcUsersFile {
  private constructor(readonly file: string) {}

  /** Throws UserError USERS_NOT_CONFIGURED. */
  static of(config: Config): RpcUsersFile {
    if (config.rpc.users !== undefined) return new RpcUsersFile(config.rpc.users);
    throw new UserError('USERS_NOT_CONFIGURED', `${config.file} names no file of RPC users`, {
      remedy: 'add there: rpc: { users: ./rpc-users.yaml }, and start the sidecar anew',
    });
  }

  /** None where there is no file yet. Throws ConfigError. */
  async users(): Promise<readonly RpcUser[]> {
    try {
      return await loadRpcUsers(this.file);
    } catch (error) {
      if (error instanceof ConfigError && error.code === 'CONFIG_MISSING') return [];
      throw error;
    }
  }

  /** Makes the change, or none: whoever reads the file meanwhile sees it as it was or as it is then. Throws UserError or ConfigError. */
  async edit(edit: UserEdit): Promise<void> {
    try {
      const before = await this.read();
      const after = editRpcUsers(this.file, before?.text, edit);
      // In place of a link there would be a file.
      const file = before === undefined ? this.file : await realpath(this.file);
      await writeFileAtomic(file, after, { mode: before?.mode ?? 0o600 });
      // The sidecar may run as another user than the one who makes the change.
      const owner = before ?? (await stat(dirname(file)));
      if (process.getuid?.() === 0) await chown(file, owner.uid, owner.gid);
    } catch (error) {
      if (error instanceof UserError || error instanceof ConfigError) throw error;
      throw ConfigError.because(
        'CONFIG_UNREADABLE',
        `the file of RPC users ${this.file} cannot be changed: ${messageOf(error)}`,
        'let this user write the file and its folder',
        error,
      );
    }
  }

  private async read(): Promise<{ text: string; mode: number; uid: number; gid: number } | undefined> {
    try {
      const { mode, uid, gid } = await stat(this.file);
      return { text: await readFile(this.file, 'utf8'), mode: mode & 0o7777, uid, gid };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
}
