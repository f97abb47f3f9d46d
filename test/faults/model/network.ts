import { X500Name } from '../../../sidecar/certificates/x500-name';
import { liveMaterial } from '../../../sidecar/control/certificates/live-material';
import type { Identity } from '../../../sidecar/network/identity';
import { networkView } from '../../../sidecar/network/network-view';
import type { SourcedPeer } from '../../../sidecar/network/merge';
import type { Peer } from '../../../sidecar/network/peer';
import type { BrokerPlan } from '../../../sidecar/plan/broker-plan';
import { planBroker } from '../../../sidecar/plan/plan-broker';
import type { PlanSettings } from '../../../sidecar/plan/plan-settings';

/** A peer of a made-up network; nothing of it is signed, for nothing behind the sources asks. */
export function peer(letter: string, port = 10_000): Peer {
  const identity: Identity = {
    id: `DL${letter}`,
    name: X500Name.parse(`O=Party ${letter}, L=London, C=GB`),
    publicKey: Buffer.from(letter),
    role: 'legal',
  };
  return {
    identities: [identity],
    services: [],
    addresses: [{ host: `${letter.toLowerCase()}.example`, port }],
    nodeCa: `node CA of ${letter}`,
    platformVersion: 1,
    serial: 1n,
  };
}

export function sourced(one: Peer): SourcedPeer {
  const [{ id }] = one.identities;
  return { peer: one, origin: id, version: `${id} ${one.addresses[0].port}` };
}

const endpoint = (port: number) => ({ host: 'localhost', port });

export const SETTINGS: PlanSettings = {
  instance: '/instance',
  acceptors: {
    p2p: endpoint(1),
    node: endpoint(2),
    rpcAdmin: endpoint(3),
    rpc: { ...endpoint(4), tls: 'own' },
  },
  rpcUsers: [],
  maxMessageSize: 1_048_576,
  base: {
    journal: { type: 'NIO', sync: true, minFiles: 2, poolFiles: 10 },
    memory: { globalMaxSize: '200M', addressMaxSize: '40M', pageSize: '10M' },
    redelivery: { delayMs: 0, multiplier: 2, maxDelayMs: 60_000, maxAttempts: 10 },
    connection: { idleTimeoutMs: 30_000, amqpCredits: 1_000, amqpLowCredits: 300 },
    bridge: { retryIntervalMs: 2_000 },
    disk: { maxUsagePercent: 90 },
  },
};

export const OWN = peer('Me');

export const MATERIAL = liveMaterial({
  own: OWN,
  roots: [],
  stores: { nodeKey: 'key', nodeChain: 'chain', ownCertificate: 'own certificate', roots: 'roots' },
});

export function planFor(peers: readonly Peer[]): BrokerPlan {
  return planBroker(networkView(OWN, peers), SETTINGS);
}
