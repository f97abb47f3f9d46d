import { link, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildSettings } from '../../sidecar/dev-network/build-node';
import type { Credential } from '../../sidecar/dev-network/credential';
import type { DevNetwork } from '../../sidecar/dev-network/dev-network';
import { createManyPeers, type ManyPeersOptions } from '../../sidecar/dev-network/many-peers';
import type { Peer } from '../../sidecar/network/peer';

/** A peer whose NodeInfo lies ready. */
export interface PooledPeer {
  readonly peer: Peer;
  readonly nodeCa: Credential;
  /** Path of its NodeInfo, on the file system of the nodes' maps. */
  readonly file: string;
  readonly fileName: string;
}

/** Peers of one network, made when they are first asked for and shared by the parts of a run. */
export class PeerPool {
  private readonly peers: PooledPeer[] = [];

  constructor(
    private readonly network: DevNetwork,
    private readonly folder: string,
    private readonly settings: BuildSettings,
  ) {}

  /** The first `count` peers; none of them can be reached. */
  async take(count: number, signal: AbortSignal): Promise<readonly PooledPeer[]> {
    const have = this.peers.length;
    if (count > have) this.peers.push(...(await this.make({ first: have + 1, count: count - have }, signal)));
    return this.peers.slice(0, count);
  }

  /** Peers that are not kept for others, at addresses of the asker's choice. */
  async make(
    options: Pick<ManyPeersOptions, 'first' | 'count' | 'addressOf'>,
    signal: AbortSignal,
  ): Promise<PooledPeer[]> {
    await mkdir(this.folder, { recursive: true });
    const made: PooledPeer[] = [];
    for await (const each of createManyPeers({ ...this.settings, authority: this.network, ...options })) {
      signal.throwIfAborted();
      const { peer, nodeCa, fileName, nodeInfo } = each;
      const file = join(this.folder, fileName);
      await writeFile(file, nodeInfo);
      made.push({ peer, nodeCa, file, fileName });
    }
    return made;
  }
}

/** Puts NodeInfos into a map folder, each whole from the first moment on. */
export async function putIntoMap(map: string, peers: readonly PooledPeer[]): Promise<void> {
  for (const { file, fileName } of peers) await link(file, join(map, fileName));
}

/** Leaves nothing in a map folder. */
export async function emptyMap(map: string): Promise<void> {
  await Promise.all((await readdir(map)).map((name) => rm(join(map, name))));
}
