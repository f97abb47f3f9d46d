import type { X500Name } from '../certificates/x500-name';
import type { Clock } from '../lib/clock';
import type { BuildSettings } from './build-node';
import type { Credential } from './credential';
import type { Authority, IssueSettings } from './issue-corda';
import type { NetworkFiles, NodeFiles } from './layout';
import type { NodePorts } from './ports';

/** A node of a development network as it lies on the disk. */
export interface DevNode {
  readonly alias: string;
  readonly name: X500Name;
  readonly ports: NodePorts;
  readonly files: NodeFiles;
}

/** A network for development and tests as it lies on the disk: all its keys are at hand, so trust it with nothing. */
export interface DevNetwork extends Authority {
  readonly files: NetworkFiles;
  readonly nodes: readonly DevNode[];
  /** The services that nodes offer, by the order of their aliases. */
  readonly services: readonly DevService[];
  /** Of the network map service, where nodes know one another by it and not by files. */
  readonly mapUrl?: string;
}

/** What a node proves itself with. */
export interface NodeCredentials {
  readonly tls: Credential;
  readonly identity: Credential;
  readonly nodeCa: Credential;
}

export interface DevService {
  readonly alias: string;
  readonly name: X500Name;
  readonly credential: Credential;
}

const DAY_MS = 86_400_000;

/** What is issued now: valid since yesterday, as clocks differ, and for ten years. */
export function settingsAt(clock: Clock, random: IssueSettings['random']): BuildSettings {
  const now = clock.now();
  return { validity: { notBefore: now - DAY_MS, notAfter: now + 3650 * DAY_MS }, serial: BigInt(now), random };
}
