import { cpSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deactivatePeer, reconfigurePeer } from '../../sidecar/authority/change-peer';
import { createBundle } from '../../sidecar/authority/create-bundle';
import { initAuthority } from '../../sidecar/authority/init-authority';
import type { NewNode } from '../../sidecar/authority/init-authority';
import { readSwaptacularNode } from '../../sidecar/authority/read-database';
import type { SignedPeer } from '../../sidecar/authority/sign-peer';
import { fixtures } from './swaptacular-kit';
import {
  at,
  text,
  passphrase,
  real,
  AUTHORITY,
  CREDITORS,
  DEBTORS,
  init,
  register,
  sign,
  copyReal,
  tools,
  useNodes,
} from './swaptacular-nodes';

useNodes();

describe('a peer afterwards', () => {
  let id: string;
  let signed: SignedPeer;
  beforeEach(async () => {
    await init('a', AUTHORITY);
    ({ id } = await init('b', CREDITORS));
    signed = await sign('a', 'b');
    await register('b', signed).catch(() => undefined);
  });

  it('is signed once: a second time gives the same certificate', async () => {
    const again = await sign('a', 'b');
    expect(again).toMatchObject({ wasSigned: true, file: signed.file, subnet: '000001' });
    expect(again.certificate.equals(signed.certificate)).toBe(true);
  });

  it('waits where it is not to be active, until it is registered again', async () => {
    const forA = await sign('b', 'a');
    expect(await register('a', forA, false)).toMatchObject({ id, state: 'pending' });
    expect((await readSwaptacularNode(at('a'))).peers).toMatchObject([{ id, state: 'pending' }]);
    expect(await register('a', forA)).toMatchObject({ id, state: 'active' });
  });

  it('has never fewer queues', async () => {
    expect(await reconfigurePeer(at('a'), id, { queues: 3 })).toMatchObject({ queues: 3 });
    for (const queues of [2, 100, 0, 1.5, NaN]) {
      await expect(reconfigurePeer(at('a'), id, { queues })).rejects.toMatchObject({ code: 'PEER_QUEUES' });
    }
    expect(text('a/peers', id, 'queues.txt')).toBe('3\n');
  });

  it('says something else of itself from a newer bundle, and nothing from an older', async () => {
    const bundleOf = async (name: string) => (await createBundle(at(name), passphrase, tools.clock)).bundle;
    const old = await bundleOf('b');
    await tools.clock.advance(86_400_000);
    writeFileSync(at('b/nodeinfo/stomp.toml'), 'servers = ["b.example:9"]\nhost = "/"\ndestination = "/x"\n');
    writeFileSync(at('b/nodeinfo/contact.txt'), 'call us');
    const newer = await bundleOf('b');
    expect(await reconfigurePeer(at('a'), id, { bundle: newer })).toMatchObject({ updatedAt: newer.updatedAt });
    expect((await readSwaptacularNode(at('a'))).peers[0]?.stomp.servers).toEqual([{ host: 'b.example', port: 9 }]);
    expect(text('a/peers', id, 'nodeinfo/contact.txt')).toBe('call us');
    await expect(reconfigurePeer(at('a'), id, { bundle: old })).rejects.toMatchObject({ code: 'PEER_BUNDLE_OLD' });
    await expect(reconfigurePeer(at('a'), id, { bundle: await bundleOf('a') })).rejects.toMatchObject({
      code: 'PEER_OTHER_ROOT',
    });
    expect(readdirSync(at('a/peers', id)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('is deactivated for good', async () => {
    expect(await deactivatePeer(at('a'), id, tools.clock)).toBe(true);
    expect(await deactivatePeer(at('a'), id, tools.clock)).toBe(false);
    expect(text('a/peers', id, 'DEACTIVATED')).toMatch(/^\d{4}-\d\d-\d\d\n$/);
    await expect(register('a', await sign('b', 'a'))).rejects.toMatchObject({ code: 'PEER_DEACTIVATED' });
    await expect(reconfigurePeer(at('a'), id, { queues: 5 })).rejects.toMatchObject({ code: 'PEER_DEACTIVATED' });
    expect((await readSwaptacularNode(at('a'))).peers).toMatchObject([{ state: 'deactivated' }]);
  });

  it('is unknown before it was signed', async () => {
    await expect(reconfigurePeer(at('a'), 'f'.repeat(32), {})).rejects.toMatchObject({ code: 'PEER_UNKNOWN' });
    await expect(deactivatePeer(at('a'), '..', tools.clock)).rejects.toMatchObject({ code: 'PEER_UNKNOWN' });
  });
});

test('a peer that cannot be written is not there at all, and its subnet is free again', async () => {
  await init('a', AUTHORITY);
  await init('b', CREDITORS);
  rmSync(at('a/peers'), { recursive: true });
  writeFileSync(at('a/peers'), 'not a folder');
  await expect(sign('a', 'b')).rejects.toMatchObject({ code: expect.stringMatching(/^DATABASE_/) as string });
  expect(readdirSync(at('a/db/subnets/creditors'))).toEqual(['SEQNUM']);
  rmSync(at('a/peers'));
  expect(await sign('a', 'b')).toMatchObject({ wasSigned: false, subnet: '000002' });
  expect((await readSwaptacularNode(at('a'))).peers).toHaveLength(1);
});

describe('refused', () => {
  it.each<[string, NewNode, NewNode]>([
    ['two accounting authorities', AUTHORITY, { ...AUTHORITY, id: '0000abce' }],
    ['two agents', CREDITORS, DEBTORS],
    ['itself', AUTHORITY, AUTHORITY],
  ])('%s', async (_, one, other) => {
    await init('a', one);
    await init('b', other);
    await expect(sign('a', 'b')).rejects.toMatchObject({ code: 'PEER_TYPE' });
    expect(readdirSync(at('a/peers'))).toEqual([]);
  });

  it('another root under an ID that is known', async () => {
    await init('b', CREDITORS);
    for (const name of ['a', 'thief']) await init(name, AUTHORITY);
    await sign('b', 'a');
    await expect(sign('b', 'thief')).rejects.toMatchObject({ code: 'PEER_OTHER_ROOT' });
  });

  it('a second peer of a debtors agent, and a debtors agent too many', async () => {
    await init('d', DEBTORS);
    await init('a', AUTHORITY);
    await init('b', { ...AUTHORITY, id: '0000abce' });
    await sign('d', 'a');
    await expect(sign('d', 'b')).rejects.toMatchObject({ code: 'PEER_SUBNET' });
    writeFileSync(at('a/db/subnets/debtors/SEQNUM'), '255\n');
    await expect(sign('a', 'd')).rejects.toMatchObject({ code: 'PEER_SUBNET' });
  });

  it('another certificate of the same peer', async () => {
    copyReal('aa');
    copyReal('ca');
    rmSync(at('ca/peers/1234abcd'), { recursive: true });
    const again = await sign('ca', 'aa', { own: real, peer: real });
    await expect(register('aa', again)).rejects.toMatchObject({ code: 'PEER_REGISTERED' });
  });

  it('a passphrase that is wrong or too short, and a database that is there', async () => {
    await expect(initAuthority(at('a'), AUTHORITY, 'short', tools)).rejects.toMatchObject({ code: 'NODE_INVALID' });
    expect(existsSync(at('a'))).toBe(false);
    await init('a', AUTHORITY);
    await expect(init('a', AUTHORITY)).rejects.toMatchObject({ code: 'DATABASE_EXISTS' });
    await expect(createBundle(at('a'), () => Promise.resolve('wrong'), tools.clock)).rejects.toMatchObject({
      code: 'ROOT_KEY',
    });
    cpSync(join(fixtures, 'aa/private/root-ca.plain.key'), at('a/private/root-ca.key'));
    await expect(createBundle(at('a'), passphrase, tools.clock)).rejects.toMatchObject({ code: 'ROOT_KEY' });
    expect(readdirSync(at())).toEqual(['a']);
  });

  it.each<[string, Partial<NewNode>]>([
    ['no ID', { id: undefined }],
    ['an ID in upper case', { id: '0000ABCD' }],
    ['an ID for an agent', { nodeType: 'creditors-agent', id: 'f'.repeat(32) }],
    ['no servers', { servers: [] }],
    ['a server without a port', { servers: ['example.com'] }],
  ])('a new node with %s', async (_, change) => {
    await expect(init('a', { ...AUTHORITY, ...change })).rejects.toMatchObject({ code: 'NODE_INVALID' });
    expect(readdirSync(at())).toEqual([]);
  });

  it('a second writer at the same time; one that is dead is none', async () => {
    await init('a', AUTHORITY);
    writeFileSync(at('a/db/.netmap.lock'), `${process.ppid}\n`);
    await expect(createBundle(at('a'), passphrase, tools.clock)).rejects.toMatchObject({ code: 'DATABASE_LOCKED' });
    writeFileSync(at('a/db/.netmap.lock'), '999999999\n');
    await createBundle(at('a'), passphrase, tools.clock);
    // Left behind by a process of the same number, as in a container that was started again.
    writeFileSync(at('a/db/.netmap.lock'), `${process.pid}\n`);
    const both = [1, 2].map(() => createBundle(at('a'), passphrase, tools.clock));
    const outcomes = (await Promise.allSettled(both)).map(({ status }) => status).sort();
    expect(outcomes).toEqual(['fulfilled', 'rejected']);
    expect(existsSync(at('a/db/.netmap.lock'))).toBe(false);
  });
});
