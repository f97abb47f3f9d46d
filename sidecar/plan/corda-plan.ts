import type { NetworkView } from '../network/network-view';
import { peerId } from '../network/peer';
import type { BrokerPlan } from './broker-plan';
import { acceptors } from './corda-acceptors';
import { addressSettings, declaredAddresses, staticAddresses } from './corda-addresses';
import { loginDomains } from './corda-login';
import { permissions } from './corda-permissions';
import { checkPlanInput } from './check-input';
import { becauseOf } from './peer-pieces';
import type { PlanSettings } from './plan-settings';

/**
 * What the broker of `view.own` must be so that the nodes of the view can exchange messages with it.
 * Throws PlanError where no safe broker can be made of it.
 */
export function planCorda(view: NetworkView, settings: PlanSettings): BrokerPlan {
  checkPlanInput(view, settings);
  const fixed = staticAddresses(view, settings);
  const declared = declaredAddresses(view, settings);
  return {
    name: view.own.identities[0].name.toCorda(),
    instance: settings.instance,
    ...(settings.data === undefined ? {} : { data: settings.data }),
    ...(settings.sharedStore === undefined ? {} : { sharedStore: settings.sharedStore }),
    maxMessageSize: settings.maxMessageSize,
    base: settings.base,
    acceptors: acceptors(settings),
    loginDomains: loginDomains(view, settings),
    permissions: permissions(view, settings),
    addressSettings: addressSettings(settings.base),
    staticAddresses: fixed.addresses,
    staticQueues: fixed.queues,
    addresses: declared.addresses,
    queues: declared.queues,
    bridges: view.peers.map((peer) => becauseOf(view.own, peer).bridge),
    ownId: peerId(view.own),
  };
}
