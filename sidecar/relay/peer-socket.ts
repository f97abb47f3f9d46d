import { connect as connectTls, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { AccessError } from '../broker/amqp/access-error';
import { socketError } from '../broker/amqp/verified-socket';
import { Certificate, parseCertificates } from '../certificates/certificate';
import type { Clock } from '../lib/clock';
import { messageOf } from '../lib/errors';
import type { HostAndPort } from '../network/identity';
import { RelayError } from './relay-error';

/** All of them PEM; text around the blocks is skipped. */
export interface RelayTls {
  /** Private key of the node's server certificate, PKCS#8 or older forms, unprotected. */
  readonly key: string;
  /** The node's server certificate, then the certificate that the peer issued for its root (sub-CA). */
  readonly chain: string;
  /** The peer's root alone. */
  readonly trust: string;
}

/** What each subject of such a network begins with. */
const ORGANISATION = 'Swaptacular Nodes Registry';

/** Throws RelayError RELAY_SETTINGS, CertificateError. */
export function relayContext({ key, chain, trust }: RelayTls): SecureContext {
  const [cert, ca] = [chain, trust].map((pem) =>
    parseCertificates(pem)
      .map((certificate) => certificate.pem())
      .join(''),
  );
  try {
    return createSecureContext({ key, cert, ca, minVersion: 'TLSv1.3' });
  } catch (cause) {
    throw new RelayError('RELAY_SETTINGS', `the key or the certificates for the peer do not fit: ${messageOf(cause)}`, {
      remedy: 'give the key of the server certificate, and that certificate first in the chain',
      cause,
    });
  }
}

export interface PeerSocketOptions {
  readonly address: HostAndPort;
  readonly context: SecureContext;
  /** serialNumber of the subject that the peer's certificate must have. */
  readonly peerId: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A TLS 1.3 connection to who has a certificate of the peer's root and the peer's own name; host names do not count. Throws AccessError. */
export async function openPeerSocket(options: PeerSocketOptions): Promise<TLSSocket> {
  const { address, context, peerId, signal } = options;
  const where = `${address.host}:${address.port}`;
  signal.throwIfAborted();
  const socket = connectTls({
    host: address.host,
    port: address.port,
    secureContext: context,
    rejectUnauthorized: true,
    checkServerIdentity: () => undefined,
  });
  // A late error of a socket that was given up must not end the process.
  socket.on('error', () => undefined);
  try {
    await handshake(socket, where, options);
    checkSubject(socket, where, peerId);
    socket.setNoDelay(true);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function handshake(socket: TLSSocket, where: string, options: PeerSocketOptions): Promise<void> {
  const { peerId, timeoutMs, clock, signal } = options;
  return new Promise((resolve, reject) => {
    const settle = (error?: Error): void => {
      cancel();
      signal.removeEventListener('abort', onAbort);
      socket.off('secureConnect', onReady).off('error', onError).off('close', onClose);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onReady = (): void => settle();
    const onError = (error: unknown): void =>
      settle(isUntrusted(socket) ? untrusted(where, peerId, error) : socketError(error, where));
    const onClose = (): void =>
      settle(new AccessError('ACCESS_TLS', `${where} closed the connection in the handshake`, { decision: 'retry' }));
    const onAbort = (): void => settle(signal.reason as Error);
    const cancel = clock.after(timeoutMs, () =>
      settle(
        new AccessError('ACCESS_TIMEOUT', `no answer from ${where} within ${timeoutMs} ms`, { decision: 'retry' }),
      ),
    );
    socket.once('secureConnect', onReady).once('error', onError).once('close', onClose);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** Node's types say that it is always an error; it is null until the other side's certificate was refused. */
function isUntrusted(socket: TLSSocket): boolean {
  return ((socket.authorizationError as unknown) ?? undefined) !== undefined;
}

function untrusted(where: string, peerId: string, cause: unknown): AccessError {
  return new AccessError(
    'ACCESS_WRONG_PEER',
    `${where} shows no certificate of ${peerId}'s root: ${messageOf(cause)}`,
    {
      remedy: 'ask the peer whether it has a new root or an expired certificate',
      cause,
    },
  );
}

function checkSubject(socket: TLSSocket, where: string, peerId: string): void {
  const { subject } = Certificate.fromDer(socket.getPeerCertificate().raw);
  const [ids, organisations] = [subject.valuesOf('serialNumber'), subject.valuesOf('O')];
  if (ids.length === 1 && ids[0] === peerId && organisations.length === 1 && organisations[0] === ORGANISATION) return;
  throw new AccessError('ACCESS_WRONG_PEER', `${where} is not ${peerId}: its certificate names ${subject.toJava()}`, {
    remedy: "compare the servers in the peer's info bundle with its certificate",
  });
}
