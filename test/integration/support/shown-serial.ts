import { AccessError } from '../../../sidecar/broker/amqp/access-error';
import { openVerifiedSocket } from '../../../sidecar/broker/amqp/verified-socket';
import type { Certificate } from '../../../sidecar/certificates/certificate';

/** Serial number of the certificate that is shown there to who connects now, `none` where nothing is, or nobody listens. */
export async function shownSerial(port: number): Promise<string> {
  let leaf: Certificate | undefined;
  try {
    const socket = await openVerifiedSocket({
      address: { host: '127.0.0.1', port },
      tls: { verify: ([first]) => void (leaf = first) },
      timeoutMs: 5_000,
    });
    socket.on('error', () => undefined);
    socket.destroy();
  } catch (error) {
    // A door that shows another certificate opens anew, and is closed for an instant.
    if (!(error instanceof AccessError && error.code === 'ACCESS_UNREACHABLE')) throw error;
  }
  return leaf?.serial ?? 'none';
}
