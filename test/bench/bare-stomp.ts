import { connect, type Client } from 'stompit';
import type { StompEndpoint } from '../../sidecar/network/swaptacular-node';
import type { RelayTls } from '../../sidecar/relay/peer-socket';

export interface BareStompOptions {
  readonly endpoint: StompEndpoint;
  readonly tls: RelayTls;
  readonly type: string;
  readonly body: Buffer;
  readonly count: number;
  readonly window: number;
}

type Receipt = NodeJS.ReadableStream & { readonly headers: Readonly<Record<string, string>> };

/** What one does who uses stompit alone: resolves when the peer has confirmed so many; its receipts are cumulative. */
export async function sendBareStomp(options: BareStompOptions): Promise<void> {
  const { endpoint, type, body, count, window } = options;
  const client = await open(options);
  await new Promise<void>((resolve, reject) => {
    let [sent, confirmed] = [0, 0];
    const pump = (): void => {
      for (; sent < count && sent - confirmed < window; sent += 1) {
        const headers = { destination: endpoint.destination, type, 'content-type': 'application/json' };
        const rest = { persistent: 'true', receipt: String(sent + 1), 'content-length': body.length };
        client.send({ ...headers, ...rest }).end(body);
      }
    };
    client.setMaxListeners(0);
    client.on('error', reject);
    client.setCommandHandler('RECEIPT', ((frame: Receipt) => {
      confirmed = Math.max(confirmed, Number(frame.headers['receipt-id']));
      frame.resume();
      if (confirmed === count) resolve();
      else pump();
    }) as never);
    pump();
  });
  client.removeAllListeners('error');
  client.on('error', () => undefined);
  client.destroy(new Error('done'));
}

function open({ endpoint, tls }: BareStompOptions): Promise<Client> {
  const [server] = endpoint.servers;
  const connectHeaders = { 'accept-version': '1.2', host: endpoint.host, 'heart-beat': '5000,30000' };
  const secure = { key: tls.key, cert: tls.chain, ca: tls.trust, checkServerIdentity: () => undefined };
  return new Promise((resolve, reject) => {
    connect({ ...server, ssl: true, ...secure, connectHeaders }, (error, client) =>
      error === null ? resolve(client) : reject(error),
    );
  });
}
