import { join } from 'node:path';
import type { Certificate } from '../../../certificates/certificate';
import type { Config } from '../../../config/config';
import { NetmapError } from '../../../lib/errors';
import { peerId, type Peer } from '../../../network/peer';
import { MapCache } from '../../../sources/cache/map-cache';
import { mapAccess } from '../../map-access';
import { MAP_CACHE_FOLDER } from '../../map-watch';
import type { NodeMaterial } from '../../node-material';
import { readMap } from '../../read-map';
import { StateFolder } from '../../state-folder';
import type { Problem } from '../../status';
import { problemOf } from '../../status-builder';
import type { Clock } from '../../../lib/clock';

export interface KeptPeersInput {
  readonly config: Config;
  readonly material: NodeMaterial;
  readonly clock: Clock;
}

/** What the node would know of its network by certain roots. */
export interface KeptPeers {
  readonly peers: ReadonlyMap<string, Peer>;
  /** Why the map of the service, or its parameters, as they are kept would not be taken; absent where they would be. */
  readonly map?: Problem;
}

/**
 * Judges files and the kept map as a sidecar that starts would, by these roots alone. Where the map itself is refused,
 * its NodeInfos are judged one by one all the same. Throws NetmapError for what no roots can help.
 */
export async function peersUnder(roots: readonly Certificate[], input: KeptPeersInput): Promise<KeptPeers> {
  const { config, clock } = input;
  const material = { ...input.material, roots };
  const state = new StateFolder(config.state);
  try {
    return { peers: await readPeers({ config, material, state, clock }) };
  } catch (error) {
    if (!(error instanceof NetmapError) || error.code !== 'MAP_CACHE_DAMAGED') throw error;
    const directories = config.sources.filter(({ networkMap }) => networkMap === undefined);
    const files =
      directories.length === 0
        ? new Map<string, Peer>()
        : await readPeers({ config: { ...config, sources: directories }, material, state, clock });
    return { peers: new Map([...(await keptUnder(roots, input)), ...files]), map: problemOf(error, clock.now()) };
  }
}

async function readPeers(input: Parameters<typeof readMap>[0]): Promise<Map<string, Peer>> {
  const ownId = peerId(input.material.own);
  const { peers } = await readMap(input);
  return new Map(peers.map(({ peer }) => [peerId(peer), peer] as const).filter(([id]) => id !== ownId));
}

async function keptUnder(roots: readonly Certificate[], { config, material, clock }: KeptPeersInput) {
  const access = await mapAccess(config, material.own.platformVersion, clock);
  const loaded = await new MapCache(join(config.state, MAP_CACHE_FOLDER)).load();
  const found = new Map<string, Peer>();
  for (const { signed } of loaded?.entries ?? []) {
    const peer = await access?.form
      .verify(access.form.readNodeInfo(signed).signed, { roots, at: clock.now() })
      .catch(() => undefined);
    if (peer !== undefined && peerId(peer) !== peerId(material.own)) found.set(peerId(peer), peer);
  }
  return found;
}
