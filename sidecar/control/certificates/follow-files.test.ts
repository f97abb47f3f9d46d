import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MATERIAL, OWN } from '../../../test/faults/model/network';
import { issueAuthority } from '../../dev-network/issue-corda';
import { silentLogger } from '../../lib/log';
import type { NodeMaterial } from '../node-material';
import type { OwnNodeInfo } from '../own-node-info';
import { followFiles } from './follow-files';
import { liveMaterial } from './live-material';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-follow-'));
});
afterEach(() => rm(folder, { recursive: true }));

function setUp() {
  const material = liveMaterial({ ...MATERIAL, nodeInfo: Buffer.from('first') });
  const published: string[] = [];
  const map = { fails: undefined as Error | undefined };
  const follow = followFiles({
    material,
    source: {
      reroot: async () => {
        if (map.fails !== undefined) throw map.fails;
      },
    },
    publisher: { renew: (nodeInfo) => void published.push(Buffer.from(nodeInfo).toString()) },
    log: silentLogger,
  });
  const file = join(folder, 'nodeInfo');
  const next = (text: string, isNew: boolean): NodeMaterial => {
    const bytes = Buffer.from(text);
    const made: Partial<OwnNodeInfo> = { file, bytes, isNew };
    return { ...MATERIAL, own: { ...OWN, serial: 2n }, nodeInfo: bytes, made: made as OwnNodeInfo };
  };
  return { material, published, map, follow, file, next };
}

test('an own NodeInfo that is another is written and published, and is the own one from then on', async () => {
  const { material, published, follow, file, next } = setUp();
  await follow.taken(next('second', true));
  expect([await readFile(file, 'utf8'), published, material.own.serial]).toEqual(['second', ['second'], 2n]);
  await follow.taken(next('second', false));
  expect(published).toEqual(['second']);
});

test('one that cannot be written is not published', async () => {
  const { material, published, follow, file, next } = setUp();
  const made = { ...next('second', true).made, file: join(file, 'nowhere') } as OwnNodeInfo;
  await expect(follow.taken({ ...next('second', true), made })).rejects.toThrow();
  expect([published, material.own.serial]).toEqual([[], 1n]);
});

test('the roots of the node are those by which its map is judged', async () => {
  const validity = { notBefore: 0, notAfter: 4_000_000_000_000 };
  const roots = issueAuthority({ validity, random: (bytes) => new Uint8Array(bytes).fill(7) }).root.chain;
  const { material, map, follow } = setUp();
  map.fails = new Error('not by these');
  await expect(follow.reroot({ ...MATERIAL, roots })).rejects.toThrow('not by these');
  expect(material.roots).toEqual([]);
  map.fails = undefined;
  await follow.reroot({ ...MATERIAL, roots });
  expect(material.roots).toEqual(roots);
});
