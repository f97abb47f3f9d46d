import { authority, identityOf, nodeInfoOf, parameters, START } from '../../test/interop/served-map';
import { toStored } from './entry';
import { endLine } from './journal-end';
import { JOURNAL_HEADER, journalLine } from './journal-lines';
import { parametersText } from './parameters-settings';
import { readBackup, sealJournal } from './read-backup';
import { readSubmission } from './submission';

const HALF = 'of the last line, half';
let journal: Buffer;
beforeAll(async () => {
  const entry = await readSubmission(nodeInfoOf(identityOf('A')), { roots: [authority.root.chain[0]], at: START });
  journal = journalOf([
    [{ kind: 'parameters', json: parametersText(parameters, 1, START) }],
    [{ kind: 'published', entry: toStored(entry), at: START }],
  ]);
});

function journalOf(appends: readonly unknown[]): Buffer {
  let next = journalLine(JOURNAL_HEADER, 0);
  const lines = [next.line];
  for (const append of appends) {
    next = journalLine(append, next.checksum);
    lines.push(next.line);
  }
  return Buffer.concat(lines);
}

const codeOf = (bytes: Buffer, isPlain = false): unknown => {
  try {
    return readBackup(bytes, 'it', isPlain).registry.size;
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
};

test('a journal that is sealed is read to its end', () => {
  const { registry, events, cutBytes, journal: within } = readBackup(sealJournal(journal, 'it'), 'it');
  expect([registry.size, events.length, cutBytes, within.equals(journal)]).toEqual([1, 2, 0, true]);
});

test('what was being written when the machine stopped is left out', () => {
  const torn = Buffer.concat([journal, Buffer.from(HALF)]);
  expect(readBackup(sealJournal(torn, 'it'), 'it').journal.equals(journal)).toBe(true);
  expect(readBackup(torn, 'it', true).cutBytes).toBe(HALF.length);
  expect(codeOf(torn)).toBe('BACKUP_CUT');
});

test('cut anywhere, or with any bit changed, it is refused', () => {
  const sealed = sealJournal(journal, 'it');
  for (let at = 0; at < sealed.length; at += 7) {
    expect(codeOf(sealed.subarray(0, at))).toMatch(/^BACKUP_(CUT|FORMAT)$/);
    const changed = Buffer.from(sealed);
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
    expect(codeOf(changed)).toMatch(/^BACKUP_(CUT|DAMAGED|FORMAT)$/);
  }
});

test('an end mark of something else is no seal, however good its line is', () => {
  const { checksum } = journalLine({}, 0);
  const lines = (end: object): Buffer =>
    journalOf([[{ kind: 'parameters', json: parametersText(parameters, 1, START) }], { end }]);
  expect(codeOf(lines({ bytes: 10, sha256: '0'.repeat(64) }))).toBe('BACKUP_DAMAGED');
  expect(codeOf(lines({ bytes: 1e9, sha256: '0'.repeat(64) }))).toBe('BACKUP_DAMAGED');
  expect(codeOf(lines({ bytes: 'many', sha256: 5 }))).toBe('BACKUP_CUT');
  expect(codeOf(Buffer.concat([journal, endLine({ bytes: journal.length, sha256: '0'.repeat(64) }, checksum)]))).toBe(
    'BACKUP_CUT',
  );
});

test.each([
  ['no event', [5]],
  ['an event that no service knows', [{ kind: 'invented' }]],
  ['an event with too much in it', [{ kind: 'unbanned', nameKey: 'x', more: 1 }]],
  ['an entry without its parts', [{ kind: 'published', at: 1, entry: { node: 'x' } }]],
  ['parameters that are none', [{ kind: 'parameters', json: '{}' }]],
  ['no list', { kind: 'unbanned', nameKey: 'x', more: 1 }],
])('a line that holds %s makes it none of ours', (_what, append) => {
  const { code, message } = refusalOf(journalOf([append]));
  expect([code, message]).toEqual(['BACKUP_FORMAT', expect.stringContaining('what no map service keeps')]);
});

test('a file of another kind is refused', () => {
  expect(codeOf(Buffer.from('something else\n'), true)).toBe('BACKUP_FORMAT');
  expect(codeOf(Buffer.alloc(0), true)).toBe('BACKUP_FORMAT');
  expect(codeOf(Buffer.from('something\nelse\n'), true)).toBe('BACKUP_DAMAGED');
});

function refusalOf(bytes: Buffer): { code: unknown; message: unknown } {
  try {
    readBackup(bytes, 'it', true);
  } catch (error) {
    return error as { code: unknown; message: unknown };
  }
  throw new Error('it is taken');
}
