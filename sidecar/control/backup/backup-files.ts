import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative } from 'node:path';
import type { Config, SecretRef } from '../../config/config';
import { systemErrorCode } from '../../config/error-code';
import { messageOf } from '../../lib/errors';
import { NodeBackupError } from './backup-error';

/** A file of a node, as it goes into a backup. */
export interface BackupFile {
  /** From the folder of the configuration, with slashes; absolute for what lies elsewhere. */
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  readonly bytes: Buffer;
}

/** Made anew by each sidecar, and wrong in another place or at another time. */
const NOT_KEPT = /^(?:lease|status\.json|\..*)$/;
const MOST_TRIES = 5;

/**
 * All that makes a node what it is: configuration, keys, certificates, NodeInfos, users, and the state folder with the
 * cache of the map, decisions and what is declared at the broker. The messages in the broker's journal are not among it.
 * A running sidecar may write meanwhile: it is read again until nothing has changed in between.
 */
export async function nodeFiles(config: Config): Promise<BackupFile[]> {
  for (let turn = 0; turn < MOST_TRIES; turn += 1) {
    const before = await stamps(config);
    try {
      const files = await Promise.all([...before.keys()].map((path) => readOne(config, path)));
      if (sameStamps(before, await stamps(config))) return files;
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') throw unreadable(error);
    }
  }
  throw unreadable(new Error('the files of the state folder change all the time'));
}

/** Names of the environment variables that hold secrets of this node: they are not in a backup. */
export function secretVariables(config: Config): string[] {
  return secretsOf(config).flatMap(({ env }) => env ?? []);
}

async function readOne(config: Config, path: string): Promise<BackupFile> {
  const [bytes, { mode }] = await Promise.all([readFile(path), stat(path)]);
  return { path: portable(path, dirname(config.file)), mode: mode & 0o777, bytes };
}

function portable(path: string, folder: string): string {
  const inside = relative(folder, path);
  return inside.startsWith('..') || isAbsolute(inside) ? path : inside;
}

async function stamps(config: Config): Promise<Map<string, string>> {
  const paths = new Set([...namedFiles(config), ...(await foldersOf(config))]);
  const found = new Map<string, string>();
  for (const path of [...paths].sort()) {
    try {
      const { size, mtimeMs, ino } = await stat(path);
      found.set(path, `${size} ${mtimeMs} ${ino}`);
    } catch (error) {
      // Of the state folder a file may have gone since it was listed.
      if (systemErrorCode(error) !== 'ENOENT' || namedFiles(config).includes(path)) throw unreadable(error);
    }
  }
  return found;
}

function sameStamps(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  return one.size === other.size && [...one].every(([path, stamp]) => other.get(path) === stamp);
}

function secretsOf({ certificates, acceptors: { rpc }, node }: Config): SecretRef[] {
  return [
    certificates.key,
    ...(typeof rpc.tls === 'string' ? [] : [rpc.tls.key]),
    ...(node.publish?.identities ?? []).map(({ key }) => key),
  ];
}

function namedFiles(config: Config): string[] {
  const { certificates, node, sources, broker, rpc, acceptors } = config;
  const { tls } = acceptors.rpc;
  return [
    config.file,
    ...secretsOf(config).flatMap(({ file }) => file ?? []),
    // In a Swaptacular network they lie in the authority's folder, or nowhere.
    ...(node.authority === undefined ? [certificates.chain, certificates.roots] : []),
    ...[node.nodeInfo, broker.base, rpc.users].flatMap((path) => path ?? []),
    ...(typeof tls === 'string' ? [] : [tls.chain]),
    ...(node.publish?.identities ?? []).map(({ chain }) => chain),
    ...sources.flatMap(({ networkMap }) => networkMap?.trust ?? []),
  ];
}

async function foldersOf({ state, node, sources }: Config): Promise<string[]> {
  const kept = await filesIn(state, (name) => !NOT_KEPT.test(name));
  const others = [...sources.flatMap(({ directory }) => directory?.path ?? []), ...[node.authority ?? []].flat()];
  return [...kept, ...(await Promise.all(others.map((folder) => filesIn(folder, () => true)))).flat()];
}

async function filesIn(folder: string, isKept: (name: string) => boolean): Promise<string[]> {
  let entries: Dirent[];
  try {
    entries = await readdir(folder, { withFileTypes: true, recursive: true });
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw unreadable(error);
  }
  return entries
    .filter((entry) => entry.isFile() && isKept(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name));
}

function unreadable(cause: unknown): NodeBackupError {
  if (cause instanceof NodeBackupError) return cause;
  const remedy = 'look at the path and its mode: netmap doctor';
  return new NodeBackupError(
    'NODE_BACKUP_UNREADABLE',
    `not all of the node can be read: ${messageOf(cause)}`,
    remedy,
    cause,
  );
}
