import { cordaAddresses, rpcAddresses } from '../../../sidecar/plan/address-profile';
import type { AttackedNetwork } from './attackers';

const ingress = (net: AttackedNetwork, from: string): string => cordaAddresses.ingress(net.id('alpha'), net.id(from));
const wildcard = (net: AttackedNetwork): string => cordaAddresses.inboundWildcard(net.id('alpha'));
const inbound = (net: AttackedNetwork): string => cordaAddresses.inboundQueue(net.id('alpha'));
const probes = (net: AttackedNetwork): string => cordaAddresses.probeQueue(net.id('alpha'));

/** Everything of alpha's broker that somebody may want to reach, by the words of the tests. */
export const ADDRESSES = {
  "bravo's ingress": (net) => ingress(net, 'bravo'),
  "charlie's ingress": (net) => ingress(net, 'charlie'),
  "the node's own ingress": (net) => ingress(net, 'alpha'),
  'the ingress of somebody who is not there': (net) => `${ingress(net, 'bravo')}x`,
  'an ingress below its own': (net) => `${ingress(net, 'bravo')}.more`,
  'all ingress addresses': wildcard,
  'the inbound queue': (net) => `${wildcard(net)}::${inbound(net)}`,
  "the inbound queue by bravo's ingress": (net) => `${ingress(net, 'bravo')}::${inbound(net)}`,
  "the inbound queue by charlie's ingress": (net) => `${ingress(net, 'charlie')}::${inbound(net)}`,
  'the inbound queue by its own name': (net) => `${inbound(net)}::${inbound(net)}`,
  'the inbound queue by its bare name': inbound,
  'the probe queue': (net) => `${wildcard(net)}::${probes(net)}`,
  'the probe queue by its bare name': probes,
  'dead letters': () => 'dead-letters',
  'the dead-letter queue': () => 'dead-letters::dead-letters',
  'expired messages': () => 'expired',
  'what waits for bravo': (net) => cordaAddresses.peerQueue(net.id('bravo')),
  'what waits for charlie': (net) => cordaAddresses.peerQueue(net.id('charlie')),
  'all that waits for peers': () => 'internal.#',
  "alice's requests": () => rpcAddresses.ingress('alice'),
  "bob's requests": () => rpcAddresses.ingress('bob'),
  'all requests': () => rpcAddresses.wildcard,
  'the request queue': () => `${rpcAddresses.wildcard}::${rpcAddresses.queue}`,
  'an answer to bob': () => 'rpc.client.bob.answers',
  'all answers to bob': () => rpcAddresses.client('bob'),
  'all answers': () => 'rpc.client.#',
  "answers of bob's as alice's queue": () => 'rpc.client.bob.answers::rpc.client.alice.answers',
  management: () => 'activemq.management',
  notifications: () => 'activemq.notifications',
  'no address that there is': () => 'nothing.of.that.name',
  everything: () => '#',
} as const satisfies Record<string, (net: AttackedNetwork) => string>;

export type AddressName = keyof typeof ADDRESSES;
