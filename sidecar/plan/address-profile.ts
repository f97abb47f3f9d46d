/**
 * How a network names its addresses. Everything that sends, receives or grants asks here, so that a network whose
 * nodes know other addresses needs another profile and nothing else.
 */
export interface AddressProfile {
  /** The address that messages from the identity `from` to the local identity `to` come in by. */
  ingress(to: string, from: string): string;
  /** The identity that sent what came in by this address; undefined where that is no ingress address. */
  senderOf(address: string): string | undefined;
  /** The wildcard over every ingress address of the local identity `to`. */
  inboundWildcard(to: string): string;
  /** The queue that holds what came in for the local identity `to`. */
  inboundQueue(to: string): string;
  /** How a client names that queue when it reads from it. */
  inboundSource(to: string): string;
  /** The queue that takes the sidecar's own probes off the same wildcard. */
  probeQueue(to: string): string;
  /**
   * The local queue of what waits for the remote identity `to`. The first one is called as the address is; others at the
   * same address are numbered from 2.
   */
  peerQueue(to: string, number?: number): string;
  /** How one names that queue, and no other at the address. */
  peerQueueAlone(to: string, number: number): string;
  /** The local queue (and address) of what waits for any advertiser of the service `to`. */
  serviceQueue(to: string): string;
  /** The remote identity or service for which a local queue or address of that name waits; undefined for others. */
  waitsFor(queue: string): string | undefined;
  /** The address on the peer's broker to which a bridge carries what the identity `from` sends to `to`. */
  remote(to: string, from: string): string;
}

/** A sender may name a queue beside the address that he is granted; it says nothing of who he is. */
const INGRESS = /^p2p\.inbound\.[^.*#:\s]+\.from\.([^.*#:\s]+)(?:::[^\s]*)?$/;
const OUTGOING = /^internal\.(?:peers|services)\.([^.*#:\s]+)(?:\.[1-9]\d?)?(?:::[^\s]*)?$/;
const peerAddress = (to: string): string => `internal.peers.${to}`;
const peerQueue = (to: string, number = 1): string => (number === 1 ? peerAddress(to) : `${peerAddress(to)}.${number}`);

/** Corda's names, with one ingress address a sender, so that the address tells who sent. */
export const cordaAddresses: AddressProfile = {
  ingress: (to, from) => `p2p.inbound.${to}.from.${from}`,
  senderOf: (address) => INGRESS.exec(address)?.[1],
  inboundWildcard: (to) => `p2p.inbound.${to}.from.#`,
  inboundQueue: (to) => `p2p.inbound.${to}`,
  inboundSource: (to) => `p2p.inbound.${to}.from.#::p2p.inbound.${to}`,
  probeQueue: (to) => `netmap.probe.${to}`,
  peerQueue,
  peerQueueAlone: (to, number) => `${peerAddress(to)}::${peerQueue(to, number)}`,
  serviceQueue: (to) => `internal.services.${to}`,
  waitsFor: (queue) => OUTGOING.exec(queue)?.[1],
  remote: (to, from) => `p2p.inbound.${to}.from.${from}`,
};

const RPC_INGRESS = /^rpc\.server\.from\.([^.*#:\s]+)(?:::[^\s]*)?$/;
const RPC_REPLY = /^rpc\.client\.([^.*#:\s]+)\.[\w~@-]{1,200}$/;

/** The same for RPC: requests come in by an address of the user's own, answers go to an address below his name. */
export const rpcAddresses = {
  ingress: (user: string): string => `rpc.server.from.${user}`,
  /** The user whose request came in by this address; undefined where that is no ingress address. */
  userOf: (address: string): string | undefined => RPC_INGRESS.exec(address)?.[1],
  wildcard: 'rpc.server.from.#',
  queue: 'rpc.server',
  /** How the server names that queue when it reads from it. */
  source: 'rpc.server.from.#::rpc.server',
  client: (user: string): string => `rpc.client.${user}.#`,
  /** A queue that lives as long as the client that reads it; nobody can guess `random`. */
  reply: (user: string, random: string): string => `rpc.client.${user}.${random}`,
  /** The user whose reply queue the address names; undefined where it names none, or more than one. */
  readerOf: (address: string): string | undefined => RPC_REPLY.exec(address)?.[1],
} as const;

/** Application property that marks a probe; such a message goes to the probe queue and never to an application. */
export const PROBE_PROPERTY = 'netmap_probe';
