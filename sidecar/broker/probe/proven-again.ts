import type { BrokerPlan } from '../../plan/broker-plan';
import { ProbeError } from './probe-error';

/**
 * Uses what changed from `before` to `plan`, and tries what must stay refused beside it; leaves nothing behind.
 * Throws ProbeError where the broker does otherwise than planned, AccessError where it does not answer.
 */
export type Prove = (plan: BrokerPlan, before: BrokerPlan | undefined) => Promise<void>;

/**
 * The same, but a probe that did not come in has the proof done once more before it counts: of two messages that are the
 * first ones at an address under a wildcard, Artemis may route one while it still makes the list of queues for the other,
 * and then no queue has it (ARTEMIS-6199). A peer's first message may come just as the first probe does.
 */
export function provenAgain(prove: Prove): Prove {
  return async (plan, before) => {
    try {
      await prove(plan, before);
    } catch (error) {
      if (!(error instanceof ProbeError && error.code === 'PROBE_LOST')) throw error;
      await prove(plan, before);
    }
  };
}
