import { readFile } from 'node:fs/promises';
import type { Certificate } from '../certificates/certificate';
import { derTime } from '../certificates/der-writer';
import { AuthorityError } from './authority-error';
import { DatabaseFile } from './database-folder';
import type { DatabaseFolder } from './database-folder';
import { readSubject, subjectOf } from './node-name';
import { createFile, putFile } from './write-database';

export const INDEX_ATTRIBUTES = 'unique_subject = no\n';
const LARGEST_SERIAL = 2n ** 159n - 1n;

/** Upper case and an even number of digits, as OpenSSL writes serial numbers. */
export function serialText(serial: bigint): string {
  const digits = serial.toString(16).toUpperCase();
  return digits.length % 2 === 0 ? digits : `0${digits}`;
}

/** One line of the index: valid, its end, not revoked, serial number, no file name, subject. */
export function indexLine(certificate: Certificate): string {
  const end = Buffer.from(derTime(certificate.notAfter)).subarray(2).toString('latin1');
  const serial = serialText(BigInt(`0x${certificate.serial}`));
  return `${['V', end, '', serial, 'unknown', oneLine(certificate)].join('\t')}\n`;
}

/** OpenSSL's own spelling of a name; those of nodes hold nothing that would need escaping. */
function oneLine(certificate: Certificate): string {
  const name = readSubject(certificate.subject);
  const steps = (name === undefined ? certificate.subject : subjectOf(name)).toRfc4514().split(',').reverse();
  return `/${steps.join('/')}`;
}

/**
 * Issues a certificate with the next serial number, and enters it in the index and the folder `certs`, as `openssl ca`
 * does. The number is used up first: after a crash one is missing, and none is given twice. Throws AuthorityError.
 */
export async function issueNext(folder: DatabaseFolder, issue: (serial: bigint) => Certificate): Promise<Certificate> {
  const serial = await readSerial(folder);
  const certificate = issue(serial);
  await putFile(folder.at(DatabaseFile.serial), `${serialText(serial + 1n)}\n`);
  const file = folder.at('certs', `${serialText(serial)}.pem`);
  if (!(await createFile(file, certificate.pem()))) {
    throw new AuthorityError(
      'DATABASE_INVALID',
      `${file} is there already, but its serial number should be a new one`,
      {
        remedy: `see that ${folder.at(DatabaseFile.serial)} holds a number that no certificate has; another try takes the next`,
      },
    );
  }
  await enterInIndex(folder, certificate);
  return certificate;
}

async function readSerial(folder: DatabaseFolder): Promise<bigint> {
  const text = (await folder.line(DatabaseFile.serial)).trim();
  const serial = /^(?:[0-9A-Fa-f]{2}){1,20}$/.test(text) ? BigInt(`0x${text}`) : 0n;
  if (serial >= 1n && serial < LARGEST_SERIAL) return serial;
  const what = `${JSON.stringify(text)} is not a serial number in pairs of hexadecimal digits`;
  throw folder.invalid(DatabaseFile.serial, what, 'write one that is higher than those in db/index');
}

async function enterInIndex(folder: DatabaseFolder, certificate: Certificate): Promise<void> {
  const path = folder.at(DatabaseFile.index);
  // It grows with the years, beyond what other files of a database may have.
  const before = await readFile(path, 'utf8').catch(() => folder.text(DatabaseFile.index));
  await putFile(path, `${before}${indexLine(certificate)}`);
  if (!(await folder.has(DatabaseFile.indexAttributes))) {
    await putFile(folder.at(DatabaseFile.indexAttributes), INDEX_ATTRIBUTES);
  }
}
