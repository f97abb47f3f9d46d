import { X509Certificate } from 'node:crypto';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { HostAndPort } from '../network/identity';
import type { ManagementTls } from './management';
import { ManagementError } from './management-error';

/**
 * Opens a socket to the broker and calls `ready` when bytes may be sent: over TLS only after the peer's certificate
 * has turned out to be the pinned one, so that nobody else ever sees the password. Failures come as the socket's
 * `error` event; a wrong certificate as ManagementError.
 */
export function openSocket(address: HostAndPort, tls: ManagementTls | undefined, ready: () => void): Socket {
  if (tls === undefined) return connectTcp({ ...address, noDelay: true }, ready);
  const pin = new X509Certificate(tls.pin).raw;
  const socket = connectTls({
    ...address,
    key: tls.key,
    cert: tls.certificate,
    minVersion: 'TLSv1.2',
    // OpenSSL refuses the chains of some networks; the comparison below is stricter than any chain.
    rejectUnauthorized: false,
    ...(isIP(address.host) === 0 ? { servername: address.host } : {}),
  });
  socket.setNoDelay(true);
  socket.once('secureConnect', () => {
    const presented = socket.getPeerX509Certificate();
    if (presented?.raw.equals(pin) === true) ready();
    else socket.destroy(wrongCertificate(address, presented));
  });
  return socket;
}

function wrongCertificate(address: HostAndPort, presented: X509Certificate | undefined): ManagementError {
  const subject = presented?.subject.replaceAll('\n', ', ') ?? 'none';
  return new ManagementError(
    'MANAGEMENT_NOT_ALLOWED',
    `Whoever answers at ${address.host}:${address.port} presents another certificate than the broker's (subject: ${subject})`,
    { remedy: "Check the address, and give the certificate that the broker's management acceptor uses" },
  );
}
