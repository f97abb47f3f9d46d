import { randomUUID } from 'node:crypto';
import { readDatabase } from '../authority/read-database';
import type { BrokerOperations } from '../broker/operations';
import { openAmqp } from '../broker/amqp/open-amqp';
import { pinnedTo } from '../broker/probe/probe-targets';
import type { Config } from '../config/config';
import type { Clock } from '../lib/clock';
import type { Logger } from '../lib/log';
import { openAmqpConnection } from '../messaging/amqp/amqp-connection';
import type { SwaptacularPeer } from '../network/swaptacular-node';
import type { BrokerPlan } from '../plan/broker-plan';
import { SYSTEM_USERS } from '../plan/roles';
import { amqpInbox } from '../relay/amqp-inbox';
import { DeadLetterSender } from '../relay/dead-letter-sender';
import { Screen } from '../relay/screen/screen';
import { StompRelay } from '../relay/stomp-relay';
import type { MapSource } from '../sources/source';
import type { NodeMaterial } from './node-material';
import { PeerSessions } from './peer-sessions';
import { RelayLinks } from './relay-links';

/** For the own broker to answer while a connection or link is opened, milliseconds. */
const ANSWER_MS = 30_000;

export interface SwaptacularPartsInput {
  readonly config: Config;
  readonly material: NodeMaterial;
  readonly authority: string;
  readonly destination: string;
  readonly source: MapSource;
  readonly operations: Pick<BrokerOperations, 'listQueues' | 'sessions' | 'closeConnection'>;
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
}

/** What carries messages in a Swaptacular network, where the broker itself cannot. Throws AuthorityError. */
export async function swaptacularParts(
  input: SwaptacularPartsInput,
): Promise<{ links: RelayLinks; screen: ScreenPart }> {
  const { config, material, authority, destination, source, operations, clock, random, log } = input;
  const { node: own } = await readDatabase(authority);
  const { nodeKey: key, nodeChain: chain, ownCertificate } = material.stores;
  const user = SYSTEM_USERS.node;
  const tls = pinnedTo(ownCertificate, { key, chain });
  const access = { address: config.management, user, password: user, timeoutMs: ANSWER_MS, tls };
  const common = { clock, random };
  const open = (onLost: (reason: Error) => void) => openAmqpConnection(access, onLost);
  const deadLetters = new DeadLetterSender({ ...common, open, ownId: own.id, newId: randomUUID });
  const sessions = new PeerSessions({ operations, clock, log });
  const screen = new Screen({ ...common, destination, own, open, log: log.child({ component: 'screen' }) });
  const peers = (): SwaptacularPeer[] => source.snapshot().peers.flatMap(({ peer }) => peer.swaptacular ?? []);
  const links = new RelayLinks({
    operations,
    peerOf: (id) => peers().find((peer) => peer.id === id),
    relay: (peer, queue) =>
      new StompRelay({
        ...common,
        peer: peer.id,
        inbox: amqpInbox({ source: queue, connect: () => openAmqp(access) }),
        endpoint: peer.stomp,
        tls: { key, chain: `${chain}${peer.subCa ?? ''}`, trust: peer.rootCertificate },
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
        sessions.stop();
        await screen.stop();
        await deadLetters.stop();
      },
      async follow(plan) {
        screen.follow(peers());
        await sessions.follow(plan);
      },
    },
  };
}
