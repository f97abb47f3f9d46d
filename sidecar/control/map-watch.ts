import { join } from 'node:path';
import type { Config, DirectorySourceConfig } from '../config/config';
import type { Clock } from '../lib/clock';
import type { KnownSerials } from '../network/merge';
import { peerId } from '../network/peer';
import { signParametersAck } from '../network-map/parameters-ack';
import { AuthoritySource } from '../sources/authority';
import { MapCache } from '../sources/cache/map-cache';
import { CombinedSource } from '../sources/combined';
import { DirectorySource } from '../sources/directory';
import { NetworkMapSource } from '../sources/http/network-map-source';
import { nodeInfoFileReader } from '../sources/node-info-file';
import { withoutRevoked } from './certificates/without-revoked';
import { OwnNameGuard } from '../sources/own-name-guard';
import type { MapSource } from '../sources/source';
import { DecisionsFile } from './decisions-file';
import type { MapAccess } from './map-access';
import type { NodeMaterial } from './node-material';

export interface MapSourceInput {
  readonly config: Config;
  /** `roots` and own name as they are now; certificates and who signs may change. */
  readonly material: NodeMaterial;
  readonly serials: KnownSerials;
  readonly clock: Clock;
  readonly random: () => number;
  /** The way to the network map service, where one is configured. */
  readonly access: MapAccess | undefined;
  /** What is bad and younger may be half-written and is not parked yet, milliseconds; the source's own unless given. */
  readonly settleMs?: number;
  /** The network map as it is kept on disk; its service is not asked. */
  readonly offline?: boolean;
}

export interface CreatedSource {
  readonly source: MapSource;
  /** The one of the network map service, where there is one. */
  readonly networkMap?: NetworkMapSource;
  /** In a Swaptacular network: the one of the own authority. */
  readonly authority?: AuthoritySource;
}

/** Where in the state folder the map of a service is kept. */
export const MAP_CACHE_FOLDER = 'network-map';
/** Time between two looks at an authority's database, milliseconds. */
const AUTHORITY_MS = 2_000;

/** The sources of the network map that the configuration names, as one: files win over the network map service. */
export function mapSource(input: MapSourceInput): CreatedSource {
  const { config, serials, clock } = input;
  if (config.node.authority !== undefined) {
    const authority = new AuthoritySource({ folder: config.node.authority, clock, intervalMs: AUTHORITY_MS });
    return { source: authority, authority };
  }
  const networkMap = networkMapSource(input);
  const directories = config.sources.flatMap(({ directory }) => directory ?? []);
  const [first, ...others] = [
    ...directories.map((directory) => directorySource(directory, input)),
    ...(networkMap === undefined ? [] : [networkMap]),
  ];
  if (first === undefined) throw new RangeError('a configuration without a source');
  const source =
    others.length === 0 ? first : new CombinedSource({ sources: [first, ...others], clock, knownSerials: serials });
  const guarded = withoutRevoked(new OwnNameGuard(source, input.material.own, clock), input);
  return { source: guarded, ...(networkMap === undefined ? {} : { networkMap }) };
}

function directorySource(directory: DirectorySourceConfig, input: MapSourceInput): DirectorySource {
  const { config, material, clock, serials, settleMs } = input;
  const { path, watch, intervalMs } = directory;
  return new DirectorySource({
    folder: path,
    readPeer: nodeInfoFileReader(material.roots, clock),
    clock,
    watch,
    intervalMs,
    maxFiles: config.limits.peers,
    knownSerials: serials,
    ...(settleMs === undefined ? {} : { settleMs }),
  });
}

function networkMapSource(input: MapSourceInput): NetworkMapSource | undefined {
  const { config, material, clock, random, serials, access, offline } = input;
  const networkMap = config.sources.find((source) => source.networkMap !== undefined)?.networkMap;
  if (networkMap === undefined || access === undefined) return undefined;
  const { url, privateMap, minPollSeconds, maxPollSeconds } = networkMap;
  const decisions = new DecisionsFile(config.state);
  return new NetworkMapSource({
    ...access,
    url,
    ...(privateMap === undefined ? {} : { privateMap: privateMap.toLowerCase() }),
    roots: material.roots,
    cache: new MapCache(join(config.state, MAP_CACHE_FOLDER)),
    clock,
    random,
    poll: { minMs: minPollSeconds * 1000, maxMs: maxPollSeconds * 1000 },
    brake: config.brake,
    ownId: peerId(material.own),
    maxPeers: config.limits.peers,
    knownSerials: serials,
    decisions: () => decisions.read(),
    ...(material.made && { acknowledge: acknowledgeAs(material, access.format) }),
    ...(offline === undefined ? {} : { offline }),
  });
}

/** Signs as who the node is at that time. */
function acknowledgeAs(material: NodeMaterial, format: MapAccess['format']) {
  return (hash: string): Promise<Uint8Array> => {
    if (material.made === undefined) throw new RangeError('nobody signs for this node');
    return signParametersAck(hash, material.made.signer, format);
  };
}
