import { rm } from 'node:fs/promises';
import { AuthorityError } from './authority-error';
import type { DatabaseFolder } from './database-folder';
import type { Root } from './root-certificate';
import { createFile, putFile } from './write-database';

const CREDITORS_DIGITS = 6;
const DEBTORS_DIGITS = 2;

const folderOf = (peer: Root): string =>
  peer.nodeType === 'creditors-agent' ? 'db/subnets/creditors' : 'db/subnets/debtors';

/**
 * The subnet for a new peer, taken out of those that are left, as the reference scripts count them: only accounting
 * authorities allot any. Throws AuthorityError PEER_SUBNET where none is left, or a debtors agent has its one peer.
 */
export async function reserveSubnet(folder: DatabaseFolder, own: Root, peer: Root): Promise<string | undefined> {
  if (own.nodeType === 'creditors-agent') return undefined;
  if (own.nodeType === 'debtors-agent') {
    const [other] = await folder.folder('peers').folders();
    if (other === undefined) return undefined;
    throw new AuthorityError('PEER_SUBNET', `a debtors agent has one peer, and ${other} is there already`, {
      remedy: 'make another debtors agent for another accounting authority',
    });
  }
  const isCreditors = peer.nodeType === 'creditors-agent';
  const digits = isCreditors ? CREDITORS_DIGITS : DEBTORS_DIGITS;
  const prefix = isCreditors ? '' : own.id;
  const sequence = `${folderOf(peer)}/SEQNUM`;
  for (let number = (await readSequence(folder, sequence)) + 1; number < 16 ** digits; number += 1) {
    const subnet = prefix + number.toString(16).padStart(digits, '0');
    if (!(await createFile(folder.at(folderOf(peer), subnet), `${peer.id}\n`))) continue;
    await putFile(folder.at(sequence), `${number}\n`);
    return subnet;
  }
  throw new AuthorityError('PEER_SUBNET', `no subnet is left for ${peer.nodeType}s in ${folder.at(folderOf(peer))}`, {
    remedy: 'remove the files there whose peer does not exist, and write -1 into SEQNUM',
  });
}

async function readSequence(folder: DatabaseFolder, file: string): Promise<number> {
  const text = (await folder.line(file)).trim();
  if (/^(?:-1|\d{1,8})$/.test(text)) return Number(text);
  throw folder.invalid(file, `${JSON.stringify(text)} is not a number`, 'write the number of the last subnet, or -1');
}

/** Gives back what was reserved for a peer that was not entered after all. */
export async function releaseSubnet(folder: DatabaseFolder, peer: Root, subnet: string | undefined): Promise<void> {
  if (subnet !== undefined) await rm(folder.at(folderOf(peer), subnet), { force: true });
}
