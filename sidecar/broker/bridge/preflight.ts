import type { Connection } from 'rhea-promise';
import type { Certificate } from '../../certificates/certificate';
import { verifyChain } from '../../certificates/chain';
import { cordaRoleOf } from '../../certificates/corda-roles';
import { parseCertificates } from '../../certificates/certificate';
import { X500Name } from '../../certificates/x500-name';
import type { HostAndPort } from '../../network/identity';
import type { Bridge } from '../../plan/broker-plan';
import { SYSTEM_USERS } from '../../plan/roles';
import { AccessError } from '../amqp/access-error';
import { isTaken, whenEnded } from '../amqp/link-answer';
import { linkError, openAmqp } from '../amqp/open-amqp';

/** Tries a bridge's way to its peer without sending anything. Throws AccessError: why the peer cannot be used now. */
export type Preflight = (bridge: Bridge) => Promise<void>;

export interface PreflightOptions {
  /** The node's own TLS key and chain, PEM. */
  readonly key: string;
  readonly chain: string;
  readonly timeoutMs: number;
  /** Milliseconds since the epoch. */
  now(): number;
}

/**
 * Does what the broker's connection will do: TLS with our certificate, the peer's certificate pinned and its name
 * compared, login as peer, a link to each address. The first of the peer's addresses that takes all of it will do.
 */
export function createPreflight(options: PreflightOptions): Preflight {
  return async (bridge) => {
    const failures: AccessError[] = [];
    for (const address of bridge.addresses) {
      try {
        await tryAddress(bridge, address, options);
        return;
      } catch (error) {
        failures.push(
          error instanceof AccessError ? error : linkError(error, `${address.host}:${address.port}`, bridge.name),
        );
      }
    }
    throw mostTelling(failures);
  };
}

async function tryAddress(bridge: Bridge, address: HostAndPort, options: PreflightOptions): Promise<void> {
  const { key, chain, timeoutMs } = options;
  const tls = {
    key,
    chain,
    verify: (presented: readonly Certificate[]) => verifyPeer(bridge, presented, options.now()),
  };
  const system = SYSTEM_USERS.peer;
  const connection = await openAmqp({ address, tls, timeoutMs, user: system, password: system });
  try {
    for (const link of bridge.links) await tryLink(connection, link.remoteAddress, address, timeoutMs);
  } finally {
    await connection.close().catch(() => undefined);
  }
}

async function tryLink(
  connection: Connection,
  address: string,
  { host, port }: HostAndPort,
  timeoutMs: number,
): Promise<void> {
  const where = `${host}:${port}`;
  try {
    const sender = await connection.createSender({ target: { address } });
    if (!isTaken(sender)) throw linkError(await whenEnded(sender, timeoutMs), where, address);
    await sender.close();
  } catch (error) {
    throw linkError(error, where, address);
  }
}

/** As the broker's trust store does, and the name besides, which a trust store cannot compare. */
export function verifyPeer(bridge: Bridge, presented: readonly Certificate[], at: number): void {
  const leaf = presented[0];
  if (leaf === undefined) throw new AccessError('ACCESS_WRONG_PEER', 'it shows no certificate');
  const expected = X500Name.parse(bridge.peerName);
  if (!leaf.subject.equals(expected)) {
    throw new AccessError(
      'ACCESS_WRONG_PEER',
      `its certificate names ${leaf.subject.toCorda()}, the map names ${bridge.peerName}`,
    );
  }
  verifyChain({ chain: [leaf], roots: parseCertificates(bridge.trust), at, leaf });
  const role = cordaRoleOf(leaf);
  if (role !== 'TLS')
    throw new AccessError('ACCESS_WRONG_PEER', `its certificate has the role ${role ?? 'none'}, not TLS`);
}

const TELLING: readonly string[] = [
  'ACCESS_REFUSED',
  'ACCESS_WRONG_PEER',
  'ACCESS_LOGIN',
  'ACCESS_TLS',
  'ACCESS_TIMEOUT',
];

/** Of several addresses' failures the one that says most about the peer; an address that is down says least. */
function mostTelling(failures: readonly AccessError[]): AccessError {
  const rank = ({ code }: AccessError): number => (TELLING.includes(code) ? TELLING.indexOf(code) : TELLING.length);
  const [first] = [...failures].sort((a, b) => rank(a) - rank(b));
  return first ?? new AccessError('ACCESS_UNREACHABLE', 'the peer has no address');
}
