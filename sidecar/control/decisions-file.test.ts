import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DecisionsFile } from './decisions-file';

let folder: string;
let decisions: DecisionsFile;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netmap-decisions-'));
  decisions = new DecisionsFile(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

test('before the first decision there is none', async () => {
  await expect(decisions.read()).resolves.toEqual({ parameters: [] });
});

test('keeps every accepted set of parameters once, and the last accepted map', async () => {
  await decisions.acceptParameters('AA');
  await decisions.acceptMap('D1', 5);
  await decisions.acceptParameters('BB');
  await decisions.acceptParameters('AA');
  await decisions.acceptMap('D2', 7);
  await expect(new DecisionsFile(folder).read()).resolves.toEqual({
    parameters: ['BB', 'AA'],
    map: { digest: 'D2', at: 7 },
  });
});

test.each([
  '',
  '[]',
  '7',
  'null',
  '{}',
  '{"parameters":[7]}',
  '{"parameters":[],"map":{"digest":"D"}}',
  '{"parameters":[]',
])('a file with %j is refused, not taken for no decision', async (content) => {
  writeFileSync(join(folder, 'decisions.json'), content);
  await expect(decisions.read()).rejects.toMatchObject({ code: 'NODE_STATE' });
  await expect(decisions.acceptParameters('AA')).rejects.toMatchObject({ code: 'NODE_STATE' });
});
