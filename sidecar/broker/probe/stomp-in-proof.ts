import { cordaAddresses, PROBE_PROPERTY } from '../../plan/address-profile';
import type { BrokerPlan } from '../../plan/broker-plan';
import { peerRole } from '../../plan/roles';
import { RECEIVED_PROBES } from '../../plan/swaptacular-plan';
import type { AmqpProbe } from './amqp-probe';
import { MANAGEMENT_ADDRESS, type Entrance, type ProbeAction } from './entrance';
import { expectGranted, expectRefused } from './expect-outcome';
import { ProbeError } from './probe-error';
import { ProbeInbox, type InboxOperations } from './probe-inbox';
import { ProbeMarks } from './probe-marks';
import { StompProbe } from './stomp-probe';

export interface StompInProofOptions {
  readonly operations: InboxOperations;
  /** The node's TLS key, PEM: marks are made with it. */
  readonly key: string;
  readonly timeoutMs: number;
}

/** The one destination to which peers send over STOMP; undefined in a network in which they do not. */
export function receivedAt({ staticQueues }: BrokerPlan): string | undefined {
  return staticQueues.find(({ name }) => name === RECEIVED_PROBES)?.address;
}

/** Uses the own certificate as a peer does: what it sends comes in under its name, and it may do nothing else. */
export class StompInProof {
  private readonly marks: ProbeMarks;

  constructor(
    private readonly plan: BrokerPlan,
    private readonly destination: string,
    private readonly entrance: Entrance,
    private readonly options: StompInProofOptions,
  ) {
    this.marks = new ProbeMarks(options.key);
  }

  /** Throws ProbeError, or AccessError where the broker does not answer. */
  async run(node: AmqpProbe): Promise<void> {
    const { operations, timeoutMs } = this.options;
    const place = { address: this.destination, queue: RECEIVED_PROBES };
    const inbox = await ProbeInbox.open(place, node, this.marks, timeoutMs);
    try {
      await Promise.all([this.comesIn(inbox), this.refusals()]);
    } finally {
      await inbox.sweep(operations);
    }
  }

  private async comesIn(inbox: ProbeInbox): Promise<void> {
    const { destination } = this;
    const mark = this.marks.make(destination);
    const arrival = inbox.arrival(mark, destination);
    const probe = new StompProbe(this.entrance);
    try {
      const headers = { destination, [PROBE_PROPERTY]: mark, persistent: 'false' };
      // Looked at after the answer to the sender; a failure before that must not leave it unhandled.
      arrival.catch(() => undefined);
      expectGranted(await probe.send(headers, ''), `the own node as a peer sending to ${destination}`);
      const { user } = await arrival;
      if (user === peerRole(this.plan.ownId)) return;
      throw new ProbeError(
        'PROBE_STAMP',
        `a probe to ${destination} came in with ${JSON.stringify(user)} as its sender`,
        {
          decision: 'alarm',
          remedy: 'stop the node: senders cannot be told from one another',
        },
      );
    } finally {
      probe.close();
    }
  }

  /** STOMP ends the connection with each refusal: they are tried one after the other. */
  private async refusals(): Promise<void> {
    const { ownId, bridges } = this.plan;
    const [other] = bridges;
    const inbound = `${cordaAddresses.inboundWildcard(ownId)}::${cordaAddresses.inboundQueue(ownId)}`;
    const probe = new StompProbe(this.entrance);
    const not = async (action: ProbeAction, address: string): Promise<void> =>
      expectRefused(await probe.attempt(action, address), `${action} at ${address} as a peer`);
    try {
      await not('consume', this.destination);
      await not('consume', inbound);
      await not('send', cordaAddresses.ingress(ownId, other?.peer ?? ownId));
      await not('manage', MANAGEMENT_ADDRESS);
      if (other !== undefined) await not('send', cordaAddresses.peerQueue(other.peer));
      if (other !== undefined) await not('consume', cordaAddresses.peerQueue(other.peer));
    } finally {
      probe.close();
    }
  }
}
