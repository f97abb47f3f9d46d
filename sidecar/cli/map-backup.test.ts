import { appendFileSync, copyFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { identityOf, nodeInfoOf, settings } from '../../test/interop/served-map';
import { ServiceFolder } from '../../test/interop/service-folder';
import { issueAuthority } from '../dev-network/issue-corda';
import { EXIT } from './exit-codes';

const [a, b, c] = ['A', 'B', 'C'].map((letter) => nodeInfoOf(identityOf(letter)));

let service: ServiceFolder;
let backup: string;
beforeEach(async () => {
  service = await ServiceFolder.create();
  backup = join(service.folder, 'backup');
});
afterEach(() => service.remove());

/** A service that knows A and B and has been stopped. */
async function written(): Promise<void> {
  await service.serve();
  for (const each of [a, b]) expect(await service.publish(each ?? '')).toBe(200);
  await service.stop();
}

async function nodes(of = service): Promise<string[]> {
  const { out } = await of.cli('map', 'nodes', '--json');
  const listed = (JSON.parse(out) as { nodes: { name: string }[] }).nodes;
  return listed.map(({ name }) => /Party (\w)/.exec(name)?.[1] ?? name).sort();
}

const codeOf = ({ out }: { readonly out: string }): unknown =>
  (JSON.parse(out) as { error: { code: string } }).error.code;
const stateOf = (): [string, Buffer][] => {
  const folder = dirname(service.state.journal);
  const names = readdirSync(folder).filter((name) => name !== 'audit.jsonl');
  return names.map((name) => [name, readFileSync(join(folder, name))]);
};

test('of a running service, restored when it does not run; the state before is kept', async () => {
  await written();
  await service.serve();
  const made = await service.cli('map', 'backup', backup, '--json');
  const bytes = readFileSync(backup);
  expect(made.exit).toBe(EXIT.ok);
  expect(JSON.parse(made.out)).toMatchObject({ file: backup, nodes: 2, bytes: bytes.length, wasRunning: true });
  expect(statSync(backup).mode & 0o777).toBe(0o600);
  await service.publish(c ?? '');
  const refused = await service.cli('map', 'restore', backup, '--json');
  expect([refused.exit, codeOf(refused)]).toEqual([EXIT.failed, 'STORE_LOCKED']);
  await service.stop();
  const before = readFileSync(service.state.journal);

  const restored = await service.cli('map', 'restore', backup, '--json');
  expect(restored.exit).toBe(EXIT.ok);
  const { previous, ...told } = JSON.parse(restored.out) as { previous: string };
  expect(told).toMatchObject({ nodes: 2, cutBytes: 0 });
  expect(readFileSync(previous)).toEqual(before);
  expect(await nodes()).toEqual(['A', 'B']);
  expect(service.audit.map(({ action }) => action)).toEqual(expect.arrayContaining(['backed-up', 'restored']));
  await service.serve();
  expect(await service.publish(c ?? '')).toBe(200);
});

test('of a state folder, taken where there was none before', async () => {
  await written();
  const journal = readFileSync(service.state.journal);
  const made = await service.cli('map', 'backup', backup);
  expect(made).toMatchObject({ exit: EXIT.ok, err: '' });
  expect(made.out).toMatch(/^backed up: 2 nodes, \d+ bytes, as of 2026-11-22T00:00:00\.000Z, in 0 ms: .*backup\n$/);
  expect(readFileSync(service.state.journal)).toEqual(journal);
  expect(service.audit.at(-1)).toMatchObject({ action: 'backed-up' });
  rmSync(dirname(service.state.journal), { recursive: true });
  const { exit, out } = await service.cli('map', 'restore', backup);
  expect([exit, out.split('\n')[1]]).toEqual([EXIT.ok, 'no state was there before']);
  expect(readFileSync(service.state.journal)).toEqual(journal);
  expect(await nodes()).toEqual(['A', 'B']);
});

test('two restores in the same moment keep both states that were there', async () => {
  await written();
  await service.cli('map', 'backup', backup);
  for (let turn = 0; turn < 2; turn += 1) await service.cli('map', 'restore', backup);
  expect(stateOf().filter(([name]) => name.startsWith('journal.before-'))).toHaveLength(2);
});

test('a file that is there stays, unless it may be replaced', async () => {
  await written();
  writeFileSync(backup, 'mine');
  const refused = await service.cli('map', 'backup', backup, '--json');
  expect([refused.exit, codeOf(refused), readFileSync(backup, 'utf8')]).toEqual([EXIT.failed, 'BACKUP_EXISTS', 'mine']);
  expect((await service.cli('map', 'backup', backup, '--force')).exit).toBe(EXIT.ok);
  expect((await service.cli('map', 'restore', backup)).exit).toBe(EXIT.ok);
});

test('without a state, or to a place that cannot be written, it says so', async () => {
  expect(codeOf(await service.cli('map', 'backup', backup, '--json'))).toBe('BACKUP_FILE');
  await written();
  expect(codeOf(await service.cli('map', 'backup', join(backup, 'no', 'x'), '--json'))).toBe('BACKUP_FILE');
  expect(codeOf(await service.cli('map', 'restore', backup, '--json'))).toBe('BACKUP_FILE');
});

test('a backup that was cut, or changed by a bit, changes nothing', async () => {
  await written();
  await service.cli('map', 'backup', backup);
  const bytes = readFileSync(backup);
  const before = stateOf();
  const tried: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 97) tried.push(bytes.subarray(0, at));
  for (let at = 0; at < bytes.length; at += 397) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
    tried.push(changed);
  }
  const lines = bytes.toString('latin1').split(/(?<=\n)/);
  const endless = lines.slice(0, -1).join('');
  tried.push(Buffer.from(endless, 'latin1'), bytes.subarray(0, -1), Buffer.concat([bytes, bytes.subarray(-40)]));
  for (const each of tried) {
    writeFileSync(backup, each);
    const { exit, out } = await service.cli('map', 'restore', backup, '--json');
    expect([exit, codeOf({ out })]).toEqual([EXIT.failed, expect.stringMatching(/^BACKUP_(CUT|DAMAGED|FORMAT)$/)]);
  }
  expect(tried.length).toBeGreaterThan(80);
  expect(stateOf()).toEqual(before);
});

test('a plain copy is taken only when that is asked for, and what was cut is told', async () => {
  await written();
  copyFileSync(service.state.journal, backup);
  appendFileSync(backup, '01234567 [{"kind":"publ');
  expect(codeOf(await service.cli('map', 'restore', backup, '--json'))).toBe('BACKUP_CUT');
  const { exit, out } = await service.cli('map', 'restore', backup, '--plain');
  expect(exit).toBe(EXIT.ok);
  expect(out).toContain('left out at the end of the copy: 23 bytes of a record that is not whole\n');
  expect(await nodes()).toEqual(['A', 'B']);
});

test('a backup that is put in the place of the journal by hand works, too', async () => {
  await written();
  await service.cli('map', 'backup', backup);
  copyFileSync(backup, service.state.journal);
  await service.serve();
  await service.publish(c ?? '');
  await service.stop();
  const again = await service.cli('map', 'backup', `${backup}-2`);
  expect([again.exit, await nodes()]).toEqual([EXIT.ok, ['A', 'B', 'C']]);
  expect((await service.cli('map', 'restore', `${backup}-2`)).exit).toBe(EXIT.ok);
  expect(await nodes()).toEqual(['A', 'B', 'C']);
});

test('what belongs to another network, or to other parameters, changes nothing', async () => {
  await written();
  const other = await ServiceFolder.create('', issueAuthority(settings));
  try {
    await service.cli('map', 'backup', backup);
    expect(codeOf(await other.cli('map', 'restore', backup, '--json'))).toBe('BACKUP_FOREIGN');
    expect(await nodes(other)).toEqual([]);
  } finally {
    await other.remove();
  }
  const before = stateOf();
  service.configure((yaml) => yaml.replace('minimumPlatformVersion: 1', 'minimumPlatformVersion: 2'));
  expect(codeOf(await service.cli('map', 'restore', backup, '--json'))).toBe('PARAMETERS_CHANGED');
  expect(stateOf()).toEqual(before);
});
