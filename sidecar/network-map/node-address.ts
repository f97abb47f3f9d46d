import { isIP } from 'node:net';
import type { HostAndPort } from '../network/identity';
import { maxAddresses } from './node-info';
import { NodeInfoError } from './node-info-error';

const label = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;
const unspecified = new Set(['0.0.0.0', '::']);

/**
 * The addresses of a NodeInfo in one spelling: lower case, IPv6 without brackets, names without a dot at their end.
 * @throws NodeInfoError NODE_INFO_ADDRESS when there is none, too many, one twice, or one that nothing can connect to
 */
export function checkAddresses(addresses: readonly HostAndPort[]): readonly [HostAndPort, ...HostAndPort[]] {
  const [first, ...others] = addresses.map(checkAddress);
  if (first === undefined) throw wrong('it has no address');
  if (addresses.length > maxAddresses) throw wrong(`it has ${addresses.length} addresses, of at most ${maxAddresses}`);
  const seen = new Set<string>();
  for (const { host, port } of [first, ...others]) {
    const text = `${host} ${port}`;
    if (seen.has(text)) throw wrong(`it has port ${port} of ${host} twice`);
    seen.add(text);
  }
  return [first, ...others];
}

function checkAddress({ host, port }: HostAndPort): HostAndPort {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw wrong(`${port} is not a port from 1 to 65535`);
  const bracketed = host.startsWith('[') && host.endsWith(']');
  const bare = (bracketed ? host.slice(1, -1) : host.replace(/\.$/, '')).toLowerCase();
  const version = isIP(bare);
  // A scoped IPv6 address ("fe80::1%eth0") means something on its own machine only.
  const isAddress = (bracketed ? version === 6 : version !== 0) && !bare.includes('%');
  if (!isAddress && (bracketed || !isHostName(bare)))
    throw wrong(`${quote(host)} is neither a host name nor an IP address`);
  if (unspecified.has(bare)) throw wrong(`nothing can connect to ${bare}`);
  return { host: bare, port };
}

/** A last label of digits would make it look like an IPv4 address, which resolvers read in surprising ways. */
function isHostName(host: string): boolean {
  const labels = host.split('.');
  return host.length <= 253 && labels.every((each) => label.test(each)) && !/^[0-9]+$/.test(labels.at(-1) ?? '');
}

function quote(host: string): string {
  return JSON.stringify(host.length > 100 ? `${host.slice(0, 100)}…` : host);
}

function wrong(reason: string): NodeInfoError {
  return new NodeInfoError('NODE_INFO_ADDRESS', `The addresses of the NodeInfo are wrong: ${reason}`);
}
