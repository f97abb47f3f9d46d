import { zipSync } from 'fflate';
import { AuthorityError } from '../../sidecar/authority/authority-error';
import { verifyBundle } from '../../sidecar/authority/verify-bundle';
import { generateKeyPair } from '../../sidecar/certificates/issue';
import { AT, bundleFiles, nodeName, replaced, rootOf, zipOf } from './swaptacular-kit';
import type { OwnNode } from './swaptacular-kit';

const key = generateKeyPair('rsa');
const name = nodeName(key, 'creditors-agent');
const own: OwnNode = { name, key, root: rootOf(name, key) };

async function codeOf(bytes: Uint8Array): Promise<string> {
  const error: unknown = await verifyBundle(bytes, { where: 'x.zip', at: AT }).then(
    () => 'accepted',
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof AuthorityError)) return String(error);
  expect(error.message).toContain('x.zip');
  return error.code;
}

const LINK = { os: 3, attrs: 0o120777 * 2 ** 16 };
const zeros = Buffer.alloc(4_000_000);

describe('tricks of the archive', () => {
  const entry = (path: string, content: Uint8Array | string = 'x', options: object = {}): Buffer =>
    Buffer.from(zipSync({ [path]: [Buffer.from(content), options] }));
  /** Both places that say it: the file's own header and the directory. */
  const header = (bytes: Buffer, local: number, central: number, value: number): Buffer => {
    const copy = Buffer.from(bytes);
    copy.writeUInt16LE(value, copy.indexOf('PK\x03\x04') + local);
    copy.writeUInt16LE(value, copy.indexOf('PK\x01\x02') + central);
    return copy;
  };
  const directory = (bytes: Buffer, at: number, value: number): Buffer => {
    const copy = Buffer.from(bytes);
    copy.writeUInt32LE(value, copy.indexOf('PK\x01\x02') + at);
    return copy;
  };
  const tricks: [string, string, () => Buffer][] = [
    ['ZIP_INVALID', 'not an archive', () => Buffer.from('hello')],
    ['ZIP_INVALID', 'nothing', () => Buffer.alloc(0)],
    ['ZIP_INVALID', 'cut off', () => zipOf(bundleFiles(own)).subarray(0, -30)],
    ['ZIP_INVALID', 'bytes after its end', () => Buffer.concat([zipOf(bundleFiles(own)), Buffer.of(1)])],
    ['ZIP_NAME', 'above its folder', () => entry('../x')],
    ['ZIP_NAME', 'above its folder, later', () => entry('a/../../x')],
    ['ZIP_NAME', 'absolute', () => entry('/etc/passwd')],
    ['ZIP_NAME', 'absolute on Windows', () => entry('C:/x')],
    ['ZIP_NAME', 'backslashes', () => entry('..\\x')],
    ['ZIP_NAME', 'a dot', () => entry('./root-ca.crt')],
    ['ZIP_NAME', 'an empty part', () => entry('a//x')],
    ['ZIP_NAME', 'a zero', () => entry('root-ca.crt\0.txt')],
    ['ZIP_NAME', 'a line end', () => entry('a\nb')],
    ['ZIP_NAME', 'writing direction turned', () => entry('a\u202etxt.exe')],
    ['ZIP_NAME', 'a space at its end', () => entry('stomp.toml ')],
    ['ZIP_NAME', 'no name', () => entry('')],
    ['ZIP_NAME', 'too long', () => entry('x'.repeat(300))],
    ['ZIP_NAME', 'too deep', () => entry('a/'.repeat(20) + 'x')],
    ['ZIP_NAME', 'not UTF-8', () => replacedAll(entry('abcd'), 'abcd', 'ab\xff\xfe')],
    [
      'ZIP_NAME',
      'a second name',
      () => entry('stomp.toml', 'x', { extra: { 0x7075: Buffer.from('\x01\0\0\0\0other') } }),
    ],
    ['ZIP_DUPLICATE', 'one file twice', () => replacedAll(zipOf({ aaaa: '1', bbbb: '2' }), 'bbbb', 'aaaa')],
    ['ZIP_DUPLICATE', 'in another case', () => zipOf({ 'STOMP.toml': '', 'stomp.toml': '' })],
    ['ZIP_DUPLICATE', 'in another spelling', () => zipOf({ é: '', 'e\u0301': '' })],
    ['ZIP_DUPLICATE', 'a file and a folder', () => zipOf({ a: '', 'a/b': '' })],
    ['ZIP_FILE_TYPE', 'a symbolic link', () => entry('root-ca.crt', '/etc/passwd', LINK)],
    ['ZIP_FILE_TYPE', 'a device', () => entry('root-ca.crt', '', { os: 3, attrs: 0o020666 * 2 ** 16 })],
    [
      'ZIP_FILE_TYPE',
      'a folder that has the name of a file',
      () => entry('a', '', { os: 3, attrs: 0o040755 * 2 ** 16 }),
    ],
    ['ZIP_ENCRYPTED', 'encrypted', () => header(entry('root-ca.crt'), 6, 8, 1)],
    ['ZIP_INVALID', 'strongly encrypted', () => header(entry('root-ca.crt'), 6, 8, 0x41)],
    ['ZIP_COMPRESSION', 'LZMA', () => header(entry('root-ca.crt'), 8, 10, 14)],
    ['ZIP_LIMIT', 'a bomb', () => entry('nodeinfo.zip', zeros)],
    ['ZIP_LIMIT', 'many files', () => zipOf(Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`${i}`, ''])))],
    ['ZIP_LIMIT', 'more than a gigabyte, it says', () => directory(entry('root-ca.crt'), 24, 2 ** 30)],
    ['ZIP_INVALID', 'a bomb that says it is small', () => directory(entry('nodeinfo.zip', zeros), 24, 100)],
    ['ZIP_INVALID', 'fewer bytes than it says', () => directory(entry('nodeinfo.zip', 'x'.repeat(200)), 24, 300)],
    ['ZIP_INVALID', 'a folder with content', () => entry('a/', 'x'.repeat(9))],
    ['ZIP_CHECKSUM', 'another checksum', () => directory(entry('root-ca.crt'), 16, 7)],
    ['ZIP_INVALID', 'another name in its own header', () => replacedOnce(entry('abcd'), 'abcd', 'abce')],
    ['ZIP_INVALID', 'its content elsewhere', () => directory(entry('abcd'), 42, 5)],
  ];

  it.each(tricks)('%s: %s', async (code, _, archive) => {
    expect(await codeOf(archive())).toBe(code);
  });

  it.each(tricks)('%s inside the signed archive: %s', async (code, _, archive) => {
    expect(await codeOf(zipOf(bundleFiles(own, archive()), { level: 0 }))).toBe(code);
  });

  it('ZIP_LIMIT: more bytes than such a file has', async () => {
    expect(await codeOf(Buffer.alloc(9_000_000))).toBe('ZIP_LIMIT');
  });
});

function replacedOnce(bytes: Buffer, from: string, to: string): Buffer {
  return replaced(bytes, Buffer.from(from, 'latin1').toString('hex'), Buffer.from(to, 'latin1').toString('hex'));
}

function replacedAll(bytes: Buffer, from: string, to: string): Buffer {
  return Buffer.from(bytes.toString('latin1').replaceAll(from, to), 'latin1');
}
