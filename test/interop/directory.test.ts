import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '../../sidecar/lib/clock';
import { DirectorySource } from '../../sidecar/sources/directory';
import { nodeInfoFileReader } from '../../sidecar/sources/node-info-file';
import { signNodeInfo } from '../../sidecar/network-map/node-info-writer';
import type { MapSnapshot } from '../../sidecar/sources/source';
import { at, expected, negativeBytes, nodeInfoBytes, rootCertificate } from './corda-node-infos';
import { SampleNetwork } from './sample-network';

describe('a folder of NodeInfos in both forms', () => {
  const folder = mkdtempSync(join(tmpdir(), 'node-infos-'));
  const network = new SampleNetwork();
  const clock = new ManualClock(at);
  const roots = [rootCertificate(), network.root.certificate];
  const readPeer = nodeInfoFileReader(roots, clock);
  const source = new DirectorySource({ folder, readPeer, clock, watch: 'poll', intervalMs: 5_000 });
  let latest: MapSnapshot | undefined;

  afterAll(async () => {
    await source.stop();
    rmSync(folder, { recursive: true });
  });

  async function until(condition: (snapshot: MapSnapshot) => boolean): Promise<MapSnapshot> {
    for (const deadline = Date.now() + 4_000; Date.now() < deadline;) {
      if (latest !== undefined && condition(latest)) return latest;
      await clock.advance(1_000);
      await new Promise(setImmediate);
    }
    throw new Error(`not seen: ${condition.toString()}`);
  }

  function put(name: string, content: Uint8Array | string): void {
    writeFileSync(join(folder, `${name}.tmp`), content);
    renameSync(join(folder, `${name}.tmp`), join(folder, name));
  }

  it('gives the nodes of real NodeInfos', async () => {
    for (const node of expected.nodes) put(node.fileName, nodeInfoBytes(node));
    await source.start((snapshot) => (latest = snapshot));
    const names = latest?.peers.map(({ peer }) => peer.identities[0].name.toCorda()) ?? [];
    expect(names.sort()).toEqual(expected.nodes.map(({ identities: [own] }) => own?.name).sort());
    expect(latest?.parked).toEqual([]);
  });

  it('takes one in JSON beside them, and a newer one of the same node', async () => {
    const identity = network.legal('O=Frank, L=Lyon, C=FR');
    for (const serial of [1n, 2n]) {
      const { name, text } = await signNodeInfo(network.content([identity], { serial }));
      put(name, text);
      const snapshot = await until(({ peers }) => peers.some(({ origin }) => origin === name));
      expect(snapshot.peers).toHaveLength(7);
    }
    expect(latest?.parked.map(({ error }) => error.code)).toEqual(['MERGE_SUPERSEDED']);
  });

  it('keeps a node whose file is replaced by one that somebody else signed', async () => {
    const name = expected.nodes[0]?.fileName ?? '';
    put(name, negativeBytes('node-info-signed-by-other'));
    const snapshot = await until(({ parked }) => parked.length === 2);
    expect(snapshot.parked.find(({ origin }) => origin === name)?.error.code).toBe('NODE_INFO_SIGNATURE_INVALID');
    expect(snapshot.peers).toHaveLength(7);
  });
});
