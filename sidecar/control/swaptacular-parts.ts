import { randomUUID } from 'node:crypto';
import type { BrokerOperations } from '../broker/operations';
import { openAmqp } from '../broker/amqp/open-amqp';
import type { RetryLimits } from '../broker/bridge/bridge-entry';
import type { NumberOperations } from '../broker/bridge/broker-numbers';
import type { Config } from '../config/config';
import type { Clock } from '../lib/clock';
import type { Logger } from '../lib/log';
import { openAmqpConnection } from '../messaging/amqp/amqp-connection';
import { peerId } from '../network/peer';
import type { SwaptacularPeer } from '../network/swaptacular-node';
import { cordaAddresses } from '../plan/address-profile';
import type { BrokerPlan } from '../plan/broker-plan';
import { SYSTEM_USERS } from '../plan/roles';
import { amqpInbox } from '../relay/amqp-inbox';
import { DeadLetterSender } from '../relay/dead-letter-sender';
import { toPeer } from '../relay/screen/check-sent';
import type { ScreenCounts } from '../relay/screen/refusal-kind';
import { systemProcessors } from '../lib/processors';
import { Screen } from '../relay/screen/screen';
import { StompRelay } from '../relay/stomp-relay';
import type { AuthoritySource } from '../sources/authority';
import type { MapSnapshot } from '../sources/source';
import { brokerAccess } from './broker-access';
import type { NodeMaterial } from './node-material';
import { PeerSessions } from './peer-sessions';
import { RelayLinks } from './relay-links';

export interface SwaptacularPartsInput {
  readonly config: Config;
  readonly material: NodeMaterial;
  readonly authority: Pick<AuthoritySource, 'own'>;
  /** Whom the node goes by now: a pause, or a maintenance window yet to come, may hold what is newer. */
  readonly map: () => MapSnapshot;
  readonly destination: string;
  readonly retry: RetryLimits;
  readonly operations: NumberOperations &
    Pick<BrokerOperations, 'sessions' | 'connections' | 'totalConnections' | 'closeConnection'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

/** What reads what peers have sent, and what puts aside what they do not take. */
export interface ScreenPart {
  start(): void;
  stop(): Promise<void>;
  /** A plan has gone live. */
  follow(plan: BrokerPlan): Promise<void>;
  counts(): ScreenCounts;
}

/** What carries messages in a Swaptacular network, where the broker itself cannot. */
export function swaptacularParts(input: SwaptacularPartsInput): { links: RelayLinks; screen: ScreenPart } {
  const { config, material, authority, map, destination, retry, operations, clock, random, log } = input;
  const ownId = peerId(material.own);
  const access = brokerAccess(material, config.management, SYSTEM_USERS.node);
  const common = { clock, random };
  const open = (onLost: (reason: Error) => void) => openAmqpConnection(access, onLost);
  const deadLetters = new DeadLetterSender({ ...common, open, ownId, newId: randomUUID });
  const sessions = new PeerSessions({
    ...{ operations, clock, log },
    port: config.acceptors.p2p.port,
    limit: config.limits.peerConnections,
  });
  const screen = new Screen({
    ...{ ...common, destination, ownId, open, log: log.child({ component: 'screen' }) },
    processors: systemProcessors,
  });
  const peers = (): SwaptacularPeer[] => map().peers.flatMap(({ peer }) => peer.swaptacular ?? []);
  const links = new RelayLinks({
    operations,
    peers: () => new Map(peers().map((peer) => [peer.id, peer])),
    relay: (peer, queue) =>
      new StompRelay({
        ...common,
        peer: peer.id,
        inbox: amqpInbox({ source: `${cordaAddresses.peerQueue(peer.id)}::${queue}`, connect: () => openAmqp(access) }),
        endpoint: peer.stomp,
        retry,
        tls: {
          key: material.stores.nodeKey,
          chain: `${material.stores.nodeChain}${peer.subCa ?? ''}`,
          trust: peer.rootCertificate,
        },
        outgoing: (message) => toPeer(message, authority.own(), peer),
        setAside: (message, reason) => deadLetters.setAside(queue, message, reason),
        log: log.child({ component: 'relays' }),
      }),
    pollMs: config.bridges.pollMilliseconds,
    clock,
    log: log.child({ component: 'relays' }),
  });
  return {
    links,
    screen: {
      start() {
        deadLetters.start();
        screen.start();
      },
      async stop() {
        await sessions.stop();
        await screen.stop();
        await deadLetters.stop();
      },
      async follow(plan) {
        const own = authority.own();
        if (own !== undefined) screen.follow(own, peers());
        await sessions.follow(plan);
      },
      counts: () => screen.counts(),
    },
  };
}
