const MODULUS = 65_521;
/** So many bytes can be added before the sums leave the safe integers by far; taking the modulus less often is faster. */
const CHUNK = 5_552;

/** Adler-32 (RFC 1950) of the bytes, unsigned: how the broker reports which content of a properties file it has read. */
export function adler32(bytes: Uint8Array): number {
  let low = 1;
  let high = 0;
  for (let start = 0; start < bytes.length; start += CHUNK) {
    for (const byte of bytes.subarray(start, start + CHUNK)) {
      low += byte;
      high += low;
    }
    low %= MODULUS;
    high %= MODULUS;
  }
  return high * 65_536 + low;
}

/**
 * What the broker reports for a JAAS properties file of this content: not the sum over the file, but over each entry
 * as "key=value" in the file's order, decoded, in UTF-8, without separators. The file itself is read as Latin-1.
 */
export function jaasAdler32(content: Uint8Array): number {
  const entries = parseProperties(Buffer.from(content).toString('latin1'));
  return adler32(Buffer.from(entries.map(([key, value]) => `${key}=${value}`).join(''), 'utf8'));
}

/** Entries of a Java properties text in their order, repeated keys included. */
export function parseProperties(text: string): [key: string, value: string][] {
  return logicalLines(text).map((line) => {
    const [, key = '', value = ''] = /^((?:\\[^]|[^\\:=\s])*)[ \t\f]*[:=]?[ \t\f]*([^]*)$/.exec(line) ?? [];
    return [unescape(key), unescape(value)];
  });
}

function logicalLines(text: string): string[] {
  const lines: string[] = [];
  let continued = '';
  for (const natural of text.split(/\r\n|\r|\n/)) {
    const line = natural.replace(/^[ \t\f]+/, '');
    if (continued === '' && (line === '' || /^[#!]/.test(line))) continue;
    const open = (/\\+$/.exec(line)?.[0].length ?? 0) % 2 === 1;
    continued += open ? line.slice(0, -1) : line;
    if (open) continue;
    lines.push(continued);
    continued = '';
  }
  return continued === '' ? lines : [...lines, continued];
}

const CONTROLS: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

function unescape(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|([^]))/g, (_, code: string | undefined, character: string | undefined) =>
    code === undefined ? (CONTROLS[character ?? ''] ?? character ?? '') : String.fromCharCode(parseInt(code, 16)),
  );
}
