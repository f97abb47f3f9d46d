import { resolve } from 'node:path';
import { ConfigError, type ConfigProblem } from './config-error';
import { ITERATION_LIMITS, iterationsOf } from './password-hash';
import { readSchema } from './schema-file';
import { schemaValidator, type SchemaValidator } from './schema-validator';
import { parseYaml, readYamlFile, type YamlFile } from './yaml-file';

export interface RpcUser {
  /** Safe as a part of an address and of a properties file; see `rpcUserNameFault`. */
  readonly name: string;
  /** As `hashPassword` writes it. */
  readonly passwordHash: string;
}

/**
 * Reads and checks the file of RPC users.
 * @throws ConfigError CONFIG_MISSING, CONFIG_UNREADABLE, CONFIG_SYNTAX or CONFIG_INVALID, with every problem
 */
export async function loadRpcUsers(path: string): Promise<readonly RpcUser[]> {
  return toUsers(await readYamlFile(resolve(path), 'file of RPC users'));
}

/** As `loadRpcUsers`, from text; `path` is the file that it stands for. */
export function parseRpcUsers(path: string, text: string): readonly RpcUser[] {
  return toUsers(parseYaml(resolve(path), text));
}

/**
 * Why a name cannot be an RPC user's; undefined where it can. The user's reply address is `rpc.client.NAME.#`, so a dot
 * or wildcard in it would reach into the addresses of others, and so would a +: the broker reads such an address as a
 * regular expression in which it escapes dots and dollars alone.
 */
export function rpcUserNameFault(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (name.length > 128) return 'has more than 128 characters';
  if (name.startsWith('SystemUsers/')) return "begins with SystemUsers/, which is kept for the node's own users";
  const wrong = /[^\p{L}\p{M}\p{N}_~@-]/u.exec(name)?.[0];
  if (wrong !== undefined) return `has the character ${JSON.stringify(wrong)}`;
  if (name.normalize('NFC') !== name) return 'is not in composed form (Unicode NFC)';
  return undefined;
}

let validator: SchemaValidator | undefined;

function toUsers(yaml: YamlFile): readonly RpcUser[] {
  validator ??= schemaValidator(readSchema('rpc-users.schema.json'));
  const problems = validator.check(yaml);
  if (problems.length > 0) throw ConfigError.of('CONFIG_INVALID', problems);
  const users = (yaml.value as { readonly users: readonly RpcUser[] }).users;
  const broken = checkUsers(yaml, users);
  if (broken.length > 0) throw ConfigError.of('CONFIG_INVALID', broken);
  return users;
}

function checkUsers(yaml: YamlFile, users: readonly RpcUser[]): ConfigProblem[] {
  const seen = new Set<string>();
  return users.flatMap((user, index) => {
    const problems = checkUser(yaml, user, index);
    if (seen.has(user.name)) {
      problems.push(yaml.problem(['users', index, 'name'], 'is there twice', 'keep one user of this name'));
    }
    seen.add(user.name);
    return problems;
  });
}

function checkUser(yaml: YamlFile, user: RpcUser, index: number): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const fault = rpcUserNameFault(user.name);
  if (fault !== undefined) {
    problems.push(yaml.problem(['users', index, 'name'], fault, 'use letters, digits and _ - ~ @'));
  }
  const iterations = iterationsOf(user.passwordHash) ?? 0;
  if (iterations < ITERATION_LIMITS.least || iterations > ITERATION_LIMITS.most) {
    const reason = `asks for ${iterations} iterations; ${ITERATION_LIMITS.least} to ${ITERATION_LIMITS.most} are allowed`;
    problems.push(yaml.problem(['users', index, 'passwordHash'], reason, 'set the password again'));
  }
  return problems;
}
