import { ConnectionEvents, type Connection } from 'rhea-promise';
import { openAmqp } from '../../sidecar/broker/amqp/open-amqp';
import type { Certificate } from '../../sidecar/certificates/certificate';
import { chainPem, type Credential } from '../../sidecar/dev-network/credential';
import type { HostAndPort } from '../../sidecar/network/identity';

export interface Client {
  readonly address: HostAndPort;
  readonly tls: Credential;
  /** User name and password in one. */
  readonly systemUser: string;
}

const OPEN_MS = 30_000;

/** AMQP connections that are held open, and how many of them were closed by the other side. */
export class HeldConnections {
  private readonly connections: Connection[] = [];
  private closing = false;
  lost = 0;

  /** `expected`: the certificate that the broker must show. */
  async open(clients: readonly Client[], expected: Certificate): Promise<void> {
    for (const client of clients) this.connections.push(await this.openOne(client, expected));
  }

  get count(): number {
    return this.connections.length;
  }

  async close(): Promise<void> {
    this.closing = true;
    await Promise.allSettled(this.connections.map((connection) => connection.close()));
  }

  private async openOne({ address, tls, systemUser }: Client, expected: Certificate): Promise<Connection> {
    const connection = await openNodeAmqp({ address, tls, systemUser }, expected);
    connection.on(ConnectionEvents.disconnected, () => {
      if (!this.closing) this.lost += 1;
    });
    return connection;
  }
}

/** A connection to the broker that shows `expected`. */
export function openNodeAmqp({ address, tls, systemUser }: Client, expected: Certificate): Promise<Connection> {
  return openAmqp({
    address,
    user: systemUser,
    password: systemUser,
    timeoutMs: OPEN_MS,
    tls: {
      key: tls.privateKey,
      chain: chainPem(tls.chain),
      verify: ([leaf]) => {
        if (leaf?.pem() !== expected.pem()) throw new Error('the broker shows another certificate');
      },
    },
  });
}
