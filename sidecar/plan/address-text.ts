import type { HostAndPort } from '../network/identity';

/** `HOST:PORT`, IPv6 in brackets, in the order in which they are tried. */
export function addressText(addresses: readonly HostAndPort[]): string {
  return addresses.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(', ');
}
