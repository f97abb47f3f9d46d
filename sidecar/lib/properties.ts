/**
 * Text as a key of a Java .properties file: every space, separator and comment sign is escaped, and whatever is not
 * printable ASCII becomes \uXXXX (one for each UTF-16 unit), so the file is the same in ISO-8859-1 and UTF-8.
 */
export function escapePropertiesKey(text: string): string {
  return escapeUnits(text).replace(/ /g, '\\ ');
}

/** Text as a value of a Java .properties file; of spaces only the leading ones need to be escaped. */
export function escapePropertiesValue(text: string): string {
  return escapeUnits(text).replace(/^ +/, (spaces) => '\\ '.repeat(spaces.length));
}

const NAMED: Record<string, string> = { '\t': '\\t', '\n': '\\n', '\f': '\\f', '\r': '\\r' };

function escapeUnits(text: string): string {
  return text
    .replace(/[\\=:#!]/g, '\\$&')
    .replace(
      /[^ -~]/g,
      (unit) => NAMED[unit] ?? `\\u${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
    );
}
