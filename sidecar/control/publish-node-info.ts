import type { Config } from '../config/config';
import type { Clock } from '../lib/clock';
import { inspectNodeInfo, type InspectedNodeInfo } from './inspect-node-info';
import { mapAccess } from './map-access';
import { NodeError } from './node-error';
import { readNodeMaterial } from './node-material';
import { writeOwnNodeInfo } from './own-node-info';

/** The own NodeInfo: made anew and written where it is made here, else as it lies in its file. */
export async function ownNodeInfoFile(config: Config, clock: Clock): Promise<InspectedNodeInfo> {
  const { made } = await readNodeMaterial(config, clock);
  if (made !== undefined) await writeOwnNodeInfo(made);
  return inspectNodeInfo(config, made?.file ?? config.node.nodeInfo ?? '', clock);
}

export interface Published {
  readonly nodeInfo: InspectedNodeInfo;
  readonly url: string;
  /** As what the service sees this machine; undefined when it does not say. */
  readonly seenAs: string | undefined;
}

/** Gives the own NodeInfo to the network map service, once. Throws NodeError, or MapServiceError when it is not taken. */
export async function publishNodeInfo(config: Config, clock: Clock, signal: AbortSignal): Promise<Published> {
  const nodeInfo = await ownNodeInfoFile(config, clock);
  const access = await mapAccess(config, nodeInfo.peer.platformVersion, clock);
  const url = config.sources.find(({ networkMap }) => networkMap !== undefined)?.networkMap?.url;
  if (access === undefined || url === undefined) {
    throw new NodeError('NODE_NO_MAP_SERVICE', `${config.file} names no network map service`, {
      remedy: 'add one to its sources: - networkMap: { url: https://map.example/zone }',
    });
  }
  await access.client.publish(nodeInfo.bytes, signal);
  return { nodeInfo, url, seenAs: await access.client.myHostname(signal).catch(() => undefined) };
}
