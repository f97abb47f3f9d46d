import type { ChangeReport } from '../../broker/reconcile/change';
import type { Reconciler, WantedBroker } from '../../broker/reconcile/reconciler';
import type { Logger } from '../../lib/log';
import type { BrokerPlan } from '../../plan/broker-plan';
import type { StoreContents } from '../../render/stores';
import type { LiveMaterial } from './live-material';

export interface RenewalParts {
  readonly material: LiveMaterial;
  readonly reconciler: Pick<Reconciler, 'apply'>;
  readonly prove: (plan: BrokerPlan, before: BrokerPlan | undefined) => Promise<void>;
  readonly log: Logger;
}

/**
 * Installs key, certificates and roots into a broker that is as `plan` says, and proves them by use; where that fails
 * those of before are installed again. `wanted` is made of the plan and of what the material wants. Throws why it failed.
 */
export async function renewStores(
  { material, reconciler, prove, log }: RenewalParts,
  stores: StoreContents,
  plan: BrokerPlan,
  wanted: () => WantedBroker,
): Promise<readonly ChangeReport[]> {
  const before = material.stores;
  material.want(stores);
  try {
    const changes = await reconciler.apply(wanted(), 'certificates were renewed');
    material.settle();
    await prove(plan, plan);
    return changes;
  } catch (error) {
    material.want(before);
    // What cannot be brought back now is drift, and repaired as such.
    await reconciler
      .apply(wanted(), 'the renewal failed')
      .catch((cause: unknown) => log.error('the certificates of before could not be brought back', { error: cause }));
    material.settle();
    throw error;
  }
}
