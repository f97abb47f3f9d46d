import type { NetworkView } from '../network/network-view';
import { rpcAddresses } from './address-profile';
import type { Action, Permission } from './broker-plan';
import { ROLE_NODE, ROLE_NODE_RPC, userRole } from './roles';
import { becauseOf } from './peer-pieces';
import type { PlanSettings } from './plan-settings';

const EVERYTHING: readonly Action[] = [
  'send',
  'consume',
  'browse',
  'createDurableQueue',
  'deleteDurableQueue',
  'createNonDurableQueue',
  'deleteNonDurableQueue',
  'createAddress',
  'deleteAddress',
  'manage',
  'view',
  'edit',
];

/** What a user may do below rpc.client.$user: make, read and remove a queue that lives as long as he listens. */
const OWN_REPLY_QUEUE: readonly Action[] = [
  'consume',
  'createNonDurableQueue',
  'deleteNonDurableQueue',
  'createAddress',
  'deleteAddress',
];

/** Artemis takes the most specific match alone, so every match that names a peer or user repeats what the node may do there. */
export function permissions(view: NetworkView, settings: PlanSettings): Permission[] {
  return [
    ...staticPermissions(),
    ...[view.own, ...view.peers].flatMap((peer) => becauseOf(view.own, peer).grants),
    ...settings.rpcUsers.flatMap((user) => userPermissions(user.name)),
  ];
}

function staticPermissions(): Permission[] {
  const at = (match: string, role: string, actions: readonly Action[]): Permission => ({
    match,
    role,
    actions,
    place: 'static',
  });
  return [
    at('#', ROLE_NODE, EVERYTHING),
    at('rpc.#', ROLE_NODE, EVERYTHING),
    at('rpc.#', ROLE_NODE_RPC, ['send', 'consume', 'browse']),
  ];
}

function userPermissions(name: string): Permission[] {
  const request = rpcAddresses.ingress(name);
  const reply = rpcAddresses.client(name);
  const at = (match: string, role: string, actions: readonly Action[]): Permission => ({
    match,
    role,
    actions,
    place: 'peer',
  });
  return [
    at(request, userRole(name), ['send']),
    at(request, ROLE_NODE, ['send']),
    at(reply, userRole(name), OWN_REPLY_QUEUE),
    at(reply, ROLE_NODE, ['send']),
    at(reply, ROLE_NODE_RPC, ['send']),
  ];
}
