import { parseCertificates } from '../../certificates/certificate';
import type { AcceptorTls, BrokerPlan } from '../../plan/broker-plan';
import { STORES } from '../../plan/corda-acceptors';
import type { StoreContents } from '../../render/stores';
import { openVerifiedSocket } from '../amqp/verified-socket';
import { addressOf, pinnedTo } from './probe-targets';

export interface ShownInput {
  readonly plan: BrokerPlan;
  readonly stores: StoreContents;
  /** Where the broker is reached when an acceptor listens on every address. */
  readonly host: string;
  /** For each acceptor, milliseconds. */
  readonly timeoutMs: number;
}

/** Connects to each acceptor with TLS and looks at what it shows. Throws AccessError where that is another certificate. */
export async function checkShownCertificates({ plan, stores, host, timeoutMs }: ShownInput): Promise<void> {
  for (const { name, tls } of plan.acceptors) {
    const certificate = tls && certificateIn(tls, stores);
    if (certificate === undefined) continue;
    const address = addressOf(plan, name, host);
    const own = { key: stores.nodeKey, chain: stores.nodeChain };
    const socket = await openVerifiedSocket({ address, tls: pinnedTo(certificate, own), timeoutMs });
    // A late error of a socket that is given up must not end the process.
    socket.on('error', () => undefined);
    socket.destroy();
  }
}

function certificateIn({ keyStore }: AcceptorTls, { ownCertificate, rpc }: StoreContents): string | undefined {
  if (keyStore === STORES.node) return ownCertificate;
  const [leaf] = rpc === undefined ? [] : parseCertificates(rpc.chain);
  return leaf?.pem();
}
