import type { HostAndPort } from './identity';

/** What a node of a Swaptacular network does. Accounting authorities peer with agents, agents with accounting authorities. */
export type NodeType = 'accounting-authority' | 'creditors-agent' | 'debtors-agent';

/**
 * How far the exchange with a peer has come: `pending` until both peer certificates are there and the operator made it
 * active; `deactivated` for good, whatever else is there.
 */
export type SwaptacularPeerState = 'pending' | 'active' | 'deactivated';

/** Where and how a node takes messages: what its stomp.toml says, with `${NODE_ID}` replaced by the sender's own ID. */
export interface StompEndpoint {
  /** At least one; a sender picks one at random, and one that is listed twice is to be picked twice as often. */
  readonly servers: readonly [HostAndPort, ...HostAndPort[]];
  /** Header `host` of CONNECT. */
  readonly host: string;
  /** Header `destination` of SEND. */
  readonly destination: string;
  readonly login?: string;
  /** As it stands in the file: nothing is replaced in it. */
  readonly passcode?: string;
  /** MIME types of bodies, the preferred first; `application/json` is always among them. */
  readonly acceptedContentTypes: readonly [string, ...string[]];
}

/** One peer as the own authority's database knows it. */
export interface SwaptacularPeer {
  /** The serialNumber of its root's subject: 8 (accounting authority) or 32 lower-case hexadecimal digits. */
  readonly id: string;
  readonly nodeType: NodeType;
  readonly state: SwaptacularPeerState;
  /** Its self-signed root (PEM, one block): the only one that a client connection to it trusts. */
  readonly rootCertificate: string;
  /** The certificate (PEM, one block) that this peer issued to us: sent along with our server certificate. */
  readonly subCa?: string;
  /** The certificate (PEM, one block) that we issued to this peer: its clients send it along. */
  readonly peerCertificate?: string;
  readonly stomp: StompEndpoint;
  /**
   * Leading hexadecimal digits of the 64-bit IDs that go with this peer: those it answers for (we are an accounting
   * authority), or those under which it knows ours (we are a creditors agent); none for debtors agents.
   */
  readonly subnet?: string;
  /** How many queues carry messages to it: 1 to 99; never fewer than before. */
  readonly queues: number;
}

/** A node and all of its peers, read from its authority's database. */
export interface SwaptacularNode {
  readonly id: string;
  readonly nodeType: NodeType;
  /** Self-signed (PEM, one block): the only one that our servers trust. */
  readonly rootCertificate: string;
  /** Issued by the root (PEM, one block), where one was made: the leaf that our servers and clients present. */
  readonly serverCertificate?: string;
  /**
   * Leading hexadecimal digits of the 64-bit IDs that this node answers for: the ID itself for an accounting
   * authority; a debtors agent has none before its first peer is registered.
   */
  readonly subnet?: string;
  /** In ascending order of their IDs. */
  readonly peers: readonly SwaptacularPeer[];
}
