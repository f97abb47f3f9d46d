import { createServer } from 'node:net';
import type { HostAndPort } from '../network/identity';
import { messageOf } from '../lib/errors';
import { BrokerError } from './broker-error';

/**
 * Throws BROKER_PORT_IN_USE or BROKER_ADDRESS_UNUSABLE for the first address that nobody can listen on now. The broker
 * itself would start without that acceptor and only log it.
 */
export async function assertPortsFree(addresses: readonly HostAndPort[]): Promise<void> {
  for (const address of addresses) await tryListen(address);
}

function tryListen({ host, port }: HostAndPort): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      const where = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
      if (error.code === 'EADDRINUSE') {
        reject(
          new BrokerError('BROKER_PORT_IN_USE', `Another process listens on ${where} already`, {
            remedy: 'End that process, or configure another port',
            decision: 'alarm',
            cause: error,
          }),
        );
      } else {
        reject(
          new BrokerError('BROKER_ADDRESS_UNUSABLE', `The broker cannot listen on ${where}: ${messageOf(error)}`, {
            remedy: 'Configure an address of this machine, and a port that this user may open',
            decision: 'alarm',
            cause: error,
          }),
        );
      }
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()));
  });
}
