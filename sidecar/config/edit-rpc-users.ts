import { isMap, parseDocument, type Document, type YAMLMap, type YAMLSeq } from 'yaml';
import { NetmapError } from '../lib/errors';
import { parseRpcUsers, rpcUserNameFault } from './rpc-users';

/** USER_NAME_INVALID, USER_EXISTS, USER_UNKNOWN, PASSWORD_INVALID; USERS_NOT_CONFIGURED: `rpc.users` names no file. */
export type UserErrorCode =
  'USER_NAME_INVALID' | 'USER_EXISTS' | 'USER_UNKNOWN' | 'PASSWORD_INVALID' | 'USERS_NOT_CONFIGURED';

export class UserError extends NetmapError<UserErrorCode> {}

/** One change of the file of RPC users. */
export type UserEdit =
  | { readonly kind: 'add' | 'passwd'; readonly name: string; readonly passwordHash: string }
  | { readonly kind: 'remove'; readonly name: string };

const EMPTY = 'users: []\n';

/**
 * The text of the file with the change made; comments, order and spelling of all else stay. `text` is undefined where there is
 * no file yet; `path` is the file that it stands for.
 * @throws UserError, and ConfigError where the file itself is wrong
 */
export function editRpcUsers(path: string, text: string | undefined, edit: UserEdit): string {
  checkUserName(edit.name);
  const before = text ?? EMPTY;
  parseRpcUsers(path, before);
  const document = parseDocument(before, { version: '1.2' });
  change(document.get('users') as YAMLSeq, document, edit);
  const after = document.toString({ lineWidth: 0 });
  // What comes out must be what goes in at the next start.
  parseRpcUsers(path, after);
  return after;
}

/** Throws UserError USER_NAME_INVALID. */
export function checkUserName(name: string): void {
  const fault = rpcUserNameFault(name);
  if (fault === undefined) return;
  throw new UserError('USER_NAME_INVALID', `the name ${JSON.stringify(name)} ${fault}`, {
    remedy: 'use letters, digits and _ - ~ @',
  });
}

/** Throws UserError USER_EXISTS or USER_UNKNOWN where the change cannot be made. */
export function checkUserEdit(kind: UserEdit['kind'], name: string, isThere: boolean): void {
  if (kind === 'add' && isThere) {
    throw new UserError('USER_EXISTS', `there is a user ${name} already`, {
      remedy: `change the password: netmap user passwd ${name}`,
    });
  }
  if (kind !== 'add' && !isThere) {
    throw new UserError('USER_UNKNOWN', `there is no user ${name}`, { remedy: 'see: netmap user list' });
  }
}

function change(users: YAMLSeq, document: Document.Parsed, edit: UserEdit): void {
  const { kind, name } = edit;
  const index = users.items.findIndex((item) => isMap(item) && item.get('name') === name);
  checkUserEdit(kind, name, index >= 0);
  if (kind === 'remove') users.items.splice(index, 1);
  else if (kind === 'passwd') (users.items[index] as YAMLMap).set('passwordHash', edit.passwordHash);
  else users.add(document.createNode({ name, passwordHash: edit.passwordHash }));
  // An empty list is written in brackets; one with users is better read line by line.
  if (users.items.length === 0) users.flow = true;
  else if (kind === 'add' && users.items.length === 1) users.flow = false;
}
