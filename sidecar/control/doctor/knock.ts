import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { X509Certificate } from 'node:crypto';
import { systemErrorCode } from '../../config/error-code';
import { messageOf } from '../../lib/errors';
import type { HostAndPort } from '../../network/identity';

/** What becomes of a connection, seen from this side. */
export type Knock =
  /** TLS; whether the own certificate was liked shows in what comes after. */
  | { readonly answer: 'tls'; readonly certificate: X509Certificate | undefined }
  | {
      readonly answer: 'unknown-name' | 'closed' | 'silent' | 'unreachable' | 'not-tls' | 'refused-tls';
      readonly words: string;
    };

const REFUSED_TLS = /alert|handshake failure|certificate/i;

/** Connects by TCP and TLS, and hangs up. `key` and `chain`, PEM, are shown to who asks for them. */
export async function knock(
  address: HostAndPort,
  own: { readonly key: string; readonly chain: string },
  timeoutMs: number,
): Promise<Knock> {
  const plain = await reach(address, timeoutMs);
  if (plain !== undefined) return plain;
  return new Promise((resolve) => {
    const socket: TLSSocket = connectTls({
      ...address,
      key: own.key,
      cert: own.chain,
      minVersion: 'TLSv1.2',
      rejectUnauthorized: false,
      ...(isIP(address.host) === 0 ? { servername: address.host } : {}),
    });
    const end = (seen: Knock): void => {
      clearTimeout(timer);
      resolve(seen);
      socket.destroy();
    };
    const timer = setTimeout(
      () => end({ answer: 'not-tls', words: `no word of TLS within ${timeoutMs} ms` }),
      timeoutMs,
    );
    socket.once('secureConnect', () => end({ answer: 'tls', certificate: socket.getPeerX509Certificate() }));
    socket.on('error', (error) => {
      const words = messageOf(error);
      end({ answer: REFUSED_TLS.test(words) && !/wrong version/i.test(words) ? 'refused-tls' : 'not-tls', words });
    });
    socket.once('close', () => end({ answer: 'not-tls', words: 'it closes the connection without a word' }));
  });
}

const UNKNOWN_NAME: readonly string[] = ['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL'];

/** Undefined when there is somebody. */
function reach(address: HostAndPort, timeoutMs: number): Promise<Knock | undefined> {
  return new Promise((resolve) => {
    const socket = connectTcp(address);
    const end = (seen?: Knock): void => {
      clearTimeout(timer);
      resolve(seen);
      socket.destroy();
    };
    const timer = setTimeout(() => end({ answer: 'silent', words: `no answer within ${timeoutMs} ms` }), timeoutMs);
    socket.once('connect', () => end());
    socket.on('error', (error) => {
      const code = systemErrorCode(error) ?? '';
      const words = messageOf(error);
      if (UNKNOWN_NAME.includes(code)) end({ answer: 'unknown-name', words });
      else end({ answer: code === 'ECONNREFUSED' ? 'closed' : 'unreachable', words });
    });
  });
}
