import type { NetworkView } from '../network/network-view';
import type { BrokerPlan } from './broker-plan';
import { planCorda } from './corda-plan';
import type { PlanSettings } from './plan-settings';
import { planSwaptacular } from './swaptacular-plan';

/**
 * What the broker of `view.own` must be so that the nodes of the view can exchange messages with it, by the kind of
 * their network. Throws PlanError where no safe broker can be made of it.
 */
export function planBroker(view: NetworkView, settings: PlanSettings): BrokerPlan {
  const { stomp } = settings;
  return stomp === undefined ? planCorda(view, settings) : planSwaptacular(view, settings, stomp.destination);
}
