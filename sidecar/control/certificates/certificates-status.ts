import { parseCertificates } from '../../certificates/certificate';
import { forecast, type CertificateForecast } from '../../certificates/forecast';
import type { Config } from '../../config/config';
import type { Clock } from '../../lib/clock';
import { NetmapError } from '../../lib/errors';
import { peerId } from '../../network/peer';
import { readNodeMaterial, type NodeMaterial } from '../node-material';
import { readMap } from '../read-map';
import { StateFolder } from '../state-folder';
import type { Problem } from '../status';
import { problemOf } from '../status-builder';
import { ownCertificates, peerCertificates, type UnreadCertificates } from './in-sight';
import { casOf, listsOf } from './without-revoked';

/** What `netmap certificates status` shows; times are milliseconds since the epoch. */
export interface CertificatesStatus {
  readonly at: number;
  readonly withinMs: number;
  /** Those first that end first. */
  readonly certificates: readonly CertificateForecast[];
  readonly unread: readonly UnreadCertificates[];
  /** Why the peers' certificates are not among them; absent where they are. */
  readonly peersUnknown?: Problem;
}

/** Looks at every certificate in sight; the sidecar need not run. Throws nothing for a certificate that is bad. */
export async function certificatesStatus(config: Config, withinMs: number, clock: Clock): Promise<CertificatesStatus> {
  const at = clock.now();
  const own = await ownCertificates(config);
  const { peers, revoked, problem } = await networkOf(config, clock);
  const sighted = [...own.sighted, ...peers];
  return {
    at,
    withinMs,
    certificates: forecast(sighted, { now: at, withinMs, isRevoked: ({ fingerprint }) => revoked.has(fingerprint) }),
    unread: own.unread,
    ...(problem === undefined ? {} : { peersUnknown: problem }),
  };
}

/** Whether nothing needs anybody's attention. */
export function isAllGood({ certificates, unread, peersUnknown }: CertificatesStatus): boolean {
  return unread.length === 0 && peersUnknown === undefined && certificates.every(({ verdict }) => verdict === 'good');
}

async function networkOf(config: Config, clock: Clock) {
  try {
    const material = await readNodeMaterial(config, clock);
    const { peers } = await readMap({ config, material, state: new StateFolder(config.state), clock });
    const ownId = peerId(material.own);
    const others = peers.map(({ peer }) => peer).filter((peer) => peerId(peer) !== ownId);
    return { peers: peerCertificates(others), revoked: await revokedOf(material, config, clock) };
  } catch (error) {
    if (!(error instanceof NetmapError)) throw error;
    return { peers: [], revoked: new Set<string>(), problem: problemOf(error, clock.now()) };
  }
}

/** Fingerprints of the own certificates that a list names; peers whose certificates are revoked are off the map. */
async function revokedOf(material: NodeMaterial, config: Config, clock: Clock): Promise<ReadonlySet<string>> {
  const { revocation } = config.certificates;
  if (revocation === undefined) return new Set();
  const source = listsOf(revocation, () => casOf(material), { config, clock, offline: true });
  await source.start(() => undefined);
  const { lists } = source.state;
  await source.stop();
  const own = parseCertificates(material.stores.nodeChain);
  return new Set(own.filter((one) => lists.some((list) => list.revokes(one))).map(({ fingerprint }) => fingerprint));
}
