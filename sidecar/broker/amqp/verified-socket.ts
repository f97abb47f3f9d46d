import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { Certificate } from '../../certificates/certificate';
import { messageOf } from '../../lib/errors';
import type { HostAndPort } from '../../network/identity';
import { AccessError } from './access-error';

export interface ClientTls {
  /** Private key and chain (leaf first) to show, PEM; absent: no client certificate. */
  readonly key?: string;
  readonly chain?: string;
  /** Throws when the chain that the other side shows (leaf first) is not whom we expect. */
  verify(chain: readonly Certificate[]): void;
}

export interface SocketOptions {
  readonly address: HostAndPort;
  /** Absent: plain TCP. */
  readonly tls?: ClientTls;
  readonly timeoutMs: number;
}

/** A connected socket whose other side has been verified; nothing has been sent over it. Throws AccessError. */
export async function openVerifiedSocket(options: SocketOptions): Promise<Socket> {
  const { address, tls, timeoutMs } = options;
  const where = `${address.host}:${address.port}`;
  const socket = tls === undefined ? connectTcp({ ...address, noDelay: true }) : openTls(address, tls);
  try {
    await connected(socket, tls === undefined ? 'connect' : 'secureConnect', where, timeoutMs);
    if (tls !== undefined) verifyPeer(socket as TLSSocket, tls, where);
    socket.setNoDelay(true);
    return socket;
  } catch (error) {
    // A late error of a socket that was given up must not end the process.
    socket.on('error', () => undefined);
    socket.destroy();
    throw error;
  }
}

function openTls(address: HostAndPort, tls: ClientTls): TLSSocket {
  return connectTls({
    ...address,
    ...(tls.key === undefined ? {} : { key: tls.key, cert: tls.chain }),
    minVersion: 'TLSv1.2',
    // OpenSSL refuses the purposes of some networks' certificates; `verify` decides instead.
    rejectUnauthorized: false,
    ...(isIP(address.host) === 0 ? { servername: address.host } : {}),
  });
}

function connected(socket: Socket, event: string, where: string, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () =>
        settle(
          new AccessError('ACCESS_TIMEOUT', `no answer from ${where} within ${timeoutMs} ms`, { decision: 'retry' }),
        ),
      timeoutMs,
    );
    const onReady = (): void => settle();
    const onError = (error: unknown): void =>
      settle(socket.bytesRead === 0 && isReset(error) ? cutOff(where, error) : socketError(error, where));
    const onClose = (): void =>
      settle(
        socket.bytesRead === 0
          ? cutOff(where)
          : new AccessError('ACCESS_TLS', `${where} closed the connection in the handshake`),
      );
    const settle = (error?: AccessError): void => {
      clearTimeout(timer);
      socket.off(event, onReady).off('error', onError).off('close', onClose);
      if (error === undefined) resolve();
      else reject(error);
    };
    socket.once(event, onReady).once('error', onError).once('close', onClose);
  });
}

function isReset(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException | undefined)?.code ?? '');
}

/** Who has not said a word has not judged our certificate: a proxy in front of a peer that is down, say. */
function cutOff(where: string, cause?: unknown): AccessError {
  return new AccessError('ACCESS_UNREACHABLE', `${where} closes the connection without a word`, {
    decision: 'retry',
    cause,
  });
}

const TCP_CODES = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT']);

/** A socket's error in our words: unreachable, or a TLS matter. */
export function socketError(error: unknown, where: string): AccessError {
  if (error instanceof AccessError) return error;
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  const words = messageOf(error);
  if (TCP_CODES.has(code)) {
    return new AccessError('ACCESS_UNREACHABLE', `${where} cannot be reached: ${words}`, {
      decision: 'retry',
      cause: error,
    });
  }
  if (code.startsWith('ERR_SSL') || code === 'ECONNRESET' || code === 'EPIPE' || /alert|ssl|tls/i.test(words)) {
    return new AccessError('ACCESS_TLS', `TLS handshake with ${where} failed: ${words}`, {
      remedy: "check that both sides' certificates descend from the network's root and are in date",
      cause: error,
    });
  }
  return new AccessError('ACCESS_UNREACHABLE', `the connection to ${where} failed: ${words}`, {
    decision: 'retry',
    cause: error,
  });
}

function verifyPeer(socket: TLSSocket, tls: ClientTls, where: string): void {
  try {
    tls.verify(presentedChain(socket));
  } catch (error) {
    throw new AccessError('ACCESS_WRONG_PEER', `${where} is not whom the map names: ${messageOf(error)}`, {
      remedy: "compare the peer's certificate with its NodeInfo",
      cause: error,
    });
  }
}

function presentedChain(socket: TLSSocket): Certificate[] {
  const chain: Certificate[] = [];
  const seen = new Set<string>();
  let current: Partial<DetailedPeerCertificate> | undefined = socket.getPeerCertificate(true);
  // A root names itself as its issuer; without a certificate the object is empty.
  while (current?.raw !== undefined && !seen.has(current.fingerprint256 ?? '')) {
    seen.add(current.fingerprint256 ?? '');
    chain.push(Certificate.fromDer(current.raw));
    current = current.issuerCertificate;
  }
  return chain;
}
