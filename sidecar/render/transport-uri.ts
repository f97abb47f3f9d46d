import type { HostAndPort } from '../network/identity';
import type { Acceptor, Bridge, BrokerPlan } from '../plan/broker-plan';
import { STORES } from '../plan/corda-acceptors';

const FRAME_BYTES = 131_072;
/** What a transfer frame carries at least of a message when the sender fills it. */
const FRAME_PAYLOAD = 130_000;

/**
 * Artemis counts transfer frames, not bytes: a message of more frames than its size needs is refused and its connection
 * closed. Without the large-message setting, messages over 100 KB would keep a forged `to`.
 */
function amqpParameters(plan: BrokerPlan): string[] {
  return [
    'amqpMinLargeMessageSize=-1',
    `maxFrameSize=${FRAME_BYTES}`,
    `maxTransfersPerDelivery=${Math.ceil(plan.maxMessageSize / FRAME_PAYLOAD) + 1}`,
    `amqpCredits=${plan.base.connection.amqpCredits}`,
    `amqpLowCredits=${plan.base.connection.amqpLowCredits}`,
    `amqpIdleTimeout=${plan.base.connection.idleTimeoutMs}`,
  ];
}

export function acceptorUri(plan: BrokerPlan, acceptor: Acceptor): string {
  const parameters = [
    `protocols=${acceptor.protocols.join(',')}`,
    `securityDomain=${acceptor.loginDomain}`,
    'saslMechanisms=PLAIN',
  ];
  if (acceptor.tls !== undefined) {
    const versions = acceptor.tls.oldest ?? 'TLSv1.2,TLSv1.3';
    parameters.push('sslEnabled=true', `enabledProtocols=${versions}`, 'keyStoreType=PEM');
    parameters.push(`keyStorePath=${plan.instance}/${acceptor.tls.keyStore}`);
    if (acceptor.tls.trustStore !== undefined) {
      parameters.push(
        'needClientAuth=true',
        'trustStoreType=PEMCA',
        `trustStorePath=${plan.instance}/${acceptor.tls.trustStore}`,
      );
    }
  }
  return `tcp://${authority(acceptor)}?${[...parameters, ...amqpParameters(plan)].join(';')}`;
}

/** A machine that is switched off answers nothing: the broker would wait 30 s for it before it tries the peer's next address. */
const CONNECT_TIMEOUT_MS = 3_000;

/**
 * Several addresses fail over in the broker: it gives the others the parameters of the first, and cuts what follows `#`
 * at every comma, so they can have none of their own. A peer's refusal must bring the message back to the head of its
 * queue: by default Artemis would move every refused message to the dead letters at the speed of the link.
 */
export function bridgeUri(plan: BrokerPlan, bridge: Bridge): string {
  const parameters = [
    'sslEnabled=true',
    'enabledProtocols=TLSv1.2,TLSv1.3',
    'keyStoreType=PEM',
    `keyStorePath=${plan.instance}/${STORES.node}`,
    'trustStoreType=PEMCA',
    `trustStorePath=${plan.instance}/${STORES.peer(bridge.peer)}`,
    'verifyHost=false',
    'amqpTreatRejectAsUnmodifiedDeliveryFailed=true',
    `amqpIdleTimeout=${plan.base.connection.idleTimeoutMs}`,
    `connect-timeout-millis=${CONNECT_TIMEOUT_MS}`,
  ].join(';');
  const [first = '', ...others] = bridge.addresses.map((address) => `tcp://${authority(address)}`);
  const failover = others.length === 0 ? '' : `#${others.join(',')}`;
  return `${first}?${parameters}${failover}`;
}

/** What carries a queue over a connection, by which management knows it. */
export function bridgePolicy(connection: string, queue: string): string {
  return `${connection}.${queue}`;
}

function authority({ host, port }: HostAndPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
