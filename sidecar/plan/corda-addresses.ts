import type { NetworkView } from '../network/network-view';
import { cordaAddresses, PROBE_PROPERTY, rpcAddresses } from './address-profile';
import type { Address, AddressSetting, BaseSettings, Queue } from './broker-plan';
import { becauseOf, localIdentities } from './peer-pieces';
import type { PlanSettings } from './plan-settings';

export const DEAD_LETTERS = 'dead-letters';
export const EXPIRED = 'expired';
/** Dead letters on their way back that the broker cannot move by itself; empty but for moments. */
export const REPLAY = 'dead-letters.replay';
/** Dead letters expire so long after their death, a hundred years: their expiry tells when that was. */
export const KEPT_MS = 3_155_760_000_000;
/** Bytes of headers that a message of the largest size may have besides its body. */
export const HEADER_ROOM = 262_144;

/** The queues that must be there before anybody can send: one an identity on the wildcard over its ingress addresses. */
export function staticAddresses(view: NetworkView, settings: PlanSettings): { addresses: Address[]; queues: Queue[] } {
  const fits = sizeFilter(settings);
  const addresses: Address[] = [
    { name: DEAD_LETTERS, routing: 'MULTICAST' },
    { name: EXPIRED, routing: 'MULTICAST' },
    { name: REPLAY, routing: 'MULTICAST' },
    { name: rpcAddresses.wildcard, routing: 'MULTICAST' },
  ];
  const queues: Queue[] = [
    { name: DEAD_LETTERS, address: DEAD_LETTERS, routing: 'MULTICAST' },
    { name: EXPIRED, address: EXPIRED, routing: 'MULTICAST' },
    { name: REPLAY, address: REPLAY, routing: 'MULTICAST' },
    { name: rpcAddresses.queue, address: rpcAddresses.wildcard, routing: 'MULTICAST', filter: fits },
  ];
  for (const { id } of localIdentities(view.own)) {
    const address = cordaAddresses.inboundWildcard(id);
    addresses.push({ name: address, routing: 'MULTICAST' });
    queues.push(
      {
        name: cordaAddresses.inboundQueue(id),
        address,
        routing: 'MULTICAST',
        filter: `${PROBE_PROPERTY} IS NULL AND ${fits}`,
      },
      { name: cordaAddresses.probeQueue(id), address, routing: 'MULTICAST', filter: `${PROBE_PROPERTY} IS NOT NULL` },
    );
  }
  return { addresses, queues };
}

/**
 * STOMP has no limit of its own in Artemis: what is too large matches no queue, and goes to the dead letters. Of a large
 * STOMP message AMQSize counts the headers alone; the broker itself notes the size of its body in a property. Room is
 * left for headers, which AMQP acceptors do not count exactly either.
 */
export function sizeFilter({ maxMessageSize }: Pick<PlanSettings, 'maxMessageSize'>): string {
  const most = maxMessageSize + HEADER_ROOM;
  return `AMQSize <= ${most} AND (_AMQ_LARGE_SIZE IS NULL OR _AMQ_LARGE_SIZE <= ${most})`;
}

/** Selects what `sizeFilter` does not. */
export function tooLargeFilter({ maxMessageSize }: Pick<PlanSettings, 'maxMessageSize'>): string {
  const most = maxMessageSize + HEADER_ROOM;
  return `(AMQSize > ${most} OR (_AMQ_LARGE_SIZE IS NOT NULL AND _AMQ_LARGE_SIZE > ${most}))`;
}

/** One ingress address a sender and local identity, one address a remote identity or service, with its queues. */
export function declaredAddresses(
  view: NetworkView,
  settings: PlanSettings,
): { addresses: Address[]; queues: Queue[] } {
  const addresses: Address[] = [];
  const queues: Queue[] = [];
  const filter = sizeFilter(settings);
  for (const peer of [view.own, ...view.peers]) addresses.push(...becauseOf(view.own, peer).ingress);
  for (const peer of view.peers) {
    const pieces = becauseOf(view.own, peer);
    addresses.push(...pieces.outgoing);
    for (const { name, address, routing, ...whose } of pieces.queues)
      queues.push({ name, address, routing, filter, ...whose });
  }
  for (const id of serviceIds(view)) {
    const service: Address = { name: cordaAddresses.serviceQueue(id), routing: 'ANYCAST' };
    addresses.push(service);
    queues.push({ name: service.name, address: service.name, routing: service.routing, filter });
  }
  for (const user of settings.rpcUsers) addresses.push({ name: rpcAddresses.ingress(user.name), routing: 'MULTICAST' });
  return { addresses, queues };
}

/** Services that some peer advertises, each once, in ascending order. */
export function serviceIds(view: NetworkView): string[] {
  return [...new Set(view.peers.flatMap((peer) => peer.services.map((service) => service.id)))].sort();
}

/** Nothing is made by whoever asks for it, nothing is accepted and dropped, and what comes in by an ingress address is stamped. */
export function addressSettings(base: BaseSettings): AddressSetting[] {
  const closed = {
    'auto-create-queues': false,
    'auto-create-addresses': false,
    'auto-delete-queues': false,
    'auto-delete-addresses': false,
  };
  const kept = {
    'dead-letter-address': DEAD_LETTERS,
    'expiry-address': EXPIRED,
    'max-size-bytes': base.memory.addressMaxSize,
    'page-size-bytes': base.memory.pageSize,
  };
  const redelivered = {
    'redelivery-delay': base.redelivery.delayMs,
    'redelivery-delay-multiplier': base.redelivery.multiplier,
    'max-redelivery-delay': base.redelivery.maxDelayMs,
    'max-delivery-attempts': base.redelivery.maxAttempts,
  };
  const ingress = {
    ...closed,
    ...kept,
    ...redelivered,
    // Artemis cannot page here: a queue on a wildcard pages by the wildcard's own size, which stays at nothing.
    'address-full-policy': 'BLOCK',
    'enable-ingress-timestamp': true,
    'send-to-dla-on-no-route': true,
    'default-address-routing-type': 'MULTICAST',
    'default-queue-routing-type': 'MULTICAST',
  };
  const terminal = {
    ...closed,
    'max-delivery-attempts': -1,
    'address-full-policy': 'PAGE',
    'min-expiry-delay': KEPT_MS,
  };
  return [
    { match: '#', values: { ...closed, 'max-delivery-attempts': -1, 'address-full-policy': 'PAGE' } },
    { match: `${DEAD_LETTERS}.#`, values: terminal },
    { match: `${EXPIRED}.#`, values: terminal },
    { match: 'p2p.inbound.#', values: ingress },
    { match: 'rpc.server.#', values: ingress },
    {
      match: 'internal.#',
      values: {
        ...closed,
        ...kept,
        'address-full-policy': 'PAGE',
        'max-delivery-attempts': -1,
        'redelivery-delay': 0,
        'send-to-dla-on-no-route': true,
        'default-address-routing-type': 'ANYCAST',
        'default-queue-routing-type': 'ANYCAST',
      },
    },
    {
      match: 'rpc.client.#',
      values: {
        'auto-create-queues': true,
        'auto-create-addresses': true,
        'auto-delete-queues': true,
        'auto-delete-addresses': true,
        'send-to-dla-on-no-route': true,
        'dead-letter-address': DEAD_LETTERS,
        'default-address-routing-type': 'MULTICAST',
        'default-queue-routing-type': 'MULTICAST',
        'max-size-bytes': base.memory.addressMaxSize,
        'address-full-policy': 'FAIL',
      },
    },
  ];
}
