import { AccessError, type AccessErrorCode } from '../../broker/amqp/access-error';
import { createPreflight } from '../../broker/bridge/preflight';
import type { HostAndPort } from '../../network/identity';
import { peerId, type Peer } from '../../network/peer';
import { RelayError, type RelayErrorCode } from '../../relay/relay-error';
import type { PlanPreview } from '../preview-plan';
import { fault, notApplicable, ok, type Diagnosis, type Outcome } from './diagnosis';
import { findPeer } from './find-peer';
import { knock } from './knock';
import type { Site } from './site';
import { tryRelay } from './try-relay';

type Cause =
  | 'peer-not-on-map'
  | 'peer-unreachable'
  | 'peer-silent'
  | 'peer-not-tls'
  | 'peer-not-stomp'
  | 'peer-other-certificate'
  | 'peer-certificate-dates'
  | 'peer-distrusts-node'
  | 'peer-refuses-login'
  | 'peer-refuses-address';

export const peer: Diagnosis<Cause> = {
  id: 'peer',
  looksAt: 'one peer (--peer NAME): the way to it, as a bridge or relay of this node would go; nothing is sent',
  needs: ['state', 'own-name', 'rpc-users'],
  causes: {
    'peer-not-on-map': 'the network map names no such node',
    'peer-unreachable': 'nobody listens at its address, or there is no way to it',
    'peer-silent': 'it takes the connection, and does not answer in time',
    'peer-not-tls': 'who listens there does not speak TLS',
    'peer-not-stomp': 'it has the right certificate, and does not speak STOMP as a Swaptacular node does',
    'peer-other-certificate': 'who listens there shows another certificate than the map says',
    'peer-certificate-dates': 'its certificate has ended or is not valid yet, by the clock of this machine',
    'peer-distrusts-node': "it refuses this node's certificate in the TLS handshake",
    'peer-refuses-login': 'it trusts the certificate, but does not know this node: we are not on its map',
    'peer-refuses-address': 'it lets this node in, and not send to its address',
  },
  async check(site) {
    const wanted = site.peer;
    if (wanted === undefined) return notApplicable('none is asked for: --peer NAME');
    const preview = await site.plan();
    const found = findPeer(preview, wanted);
    if ('remedy' in found) return fault('peer-not-on-map', `the map names no ${JSON.stringify(wanted)}`, found.remedy);
    const name = found.identities[0].name.toCorda();
    try {
      await tryPeer(site, preview, found);
      return ok(`${name} lets this node in`);
    } catch (error) {
      if (!(error instanceof AccessError || error instanceof RelayError)) throw error;
      return failure(site, preview, { name, found, addresses: addressesOf(found), error });
    }
  },
};

function addressesOf(found: Peer): readonly HostAndPort[] {
  return found.swaptacular?.stomp.servers ?? found.addresses;
}

async function tryPeer(site: Site, { material, plan }: PlanPreview, found: Peer): Promise<void> {
  const { nodeKey: key, nodeChain: chain } = material.stores;
  if (found.swaptacular !== undefined) return tryRelay(site, material.stores, found.swaptacular);
  const bridge = plan.bridges.find(({ peer: id }) => id === peerId(found));
  if (bridge === undefined) throw new AccessError('ACCESS_UNREACHABLE', 'the plan has no bridge to it');
  const { timeoutMs, clock } = site;
  const options = { key, chain, own: () => ({ key, chain }), timeoutMs, now: () => clock.now() };
  await createPreflight(options)(bridge);
}

const CAUSES: Readonly<Record<AccessErrorCode, Cause> & Partial<Record<RelayErrorCode, Cause>>> = {
  ACCESS_UNREACHABLE: 'peer-unreachable',
  ACCESS_TLS: 'peer-distrusts-node',
  ACCESS_WRONG_PEER: 'peer-other-certificate',
  ACCESS_LOGIN: 'peer-refuses-login',
  ACCESS_REFUSED: 'peer-refuses-address',
  ACCESS_TIMEOUT: 'peer-silent',
  RELAY_NOT_ADMITTED: 'peer-refuses-login',
  RELAY_NO_ANSWER: 'peer-silent',
  RELAY_REFUSED: 'peer-refuses-login',
  RELAY_PROTOCOL: 'peer-not-stomp',
};
/** What TLS says of dates, as codes and words. */
const OF_DATES = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'];

interface Failure {
  readonly name: string;
  readonly found: Peer;
  readonly addresses: readonly HostAndPort[];
  readonly error: AccessError | RelayError;
}

async function failure(site: Site, preview: PlanPreview, failed: Failure): Promise<Outcome<Cause>> {
  const { name, found, addresses, error } = failed;
  const cause = (await isNotTls(site, preview, addresses, error)) ? 'peer-not-tls' : causeOf(error);
  if (cause === undefined) throw error;
  const where = addresses.map(({ host, port }) => `${host}:${port}`).join(', ');
  const remedies = { ...remediesAt(where), ...(found.swaptacular === undefined ? {} : SWAPTACULAR_REMEDIES) };
  return fault(cause, `${name}: ${error.message}`, remedies[cause]);
}

function causeOf(error: AccessError | RelayError): Cause | undefined {
  const why = (error.cause as NodeJS.ErrnoException | undefined)?.code ?? '';
  return OF_DATES.includes(why) ? 'peer-certificate-dates' : CAUSES[error.code];
}

function remediesAt(where: string): Readonly<Record<Cause, string>> {
  return {
    'peer-not-on-map': '',
    'peer-unreachable': `is the node up? else the address in its NodeInfo (${where}), or a firewall on either side: ask its operator`,
    'peer-silent': `something on the way to ${where} swallows what is sent: look at firewalls, and ask its operator`,
    'peer-not-tls': `the address in its NodeInfo (${where}) is not that of its broker's p2p acceptor: tell its operator`,
    'peer-not-stomp': `ask its operator whether ${where} is where his node takes messages`,
    'peer-other-certificate':
      'has it renewed its certificate? then its NodeInfo on the map is old: tell its operator; send nothing there until that is clear',
    'peer-certificate-dates':
      'tell its operator to renew it; if the dates are right, look at the clock of this machine',
    'peer-distrusts-node':
      "its broker has other roots, or does not take this node's certificate: ask its operator for his log, and compare the roots",
    'peer-refuses-login':
      'ask its operator whether this node is on its map, with this name; it may have a map that is held or old',
    'peer-refuses-address':
      'ask its operator whether its broker is as its map says (netmap probe there): it refuses what every peer may do',
  };
}

/** There each node is its own authority, and is told by bundles of files what others are told by a map. */
const SWAPTACULAR_REMEDIES: Partial<Record<Cause, string>> = {
  'peer-other-certificate':
    'has it moved, or a new root? then ask its operator for its new info bundle (netmap ca reconfigure-peer); send nothing there until that is clear',
  'peer-distrusts-node':
    "ask its operator whether it has deactivated this node, or registered another root than this node's (netmap ca list there)",
  'peer-refuses-login':
    'ask its operator whether this node is registered and active there (netmap ca list), and what its log says of it',
};

async function isNotTls(
  site: Site,
  { material }: PlanPreview,
  addresses: readonly HostAndPort[],
  error: AccessError | RelayError,
): Promise<boolean> {
  if (error.code !== 'ACCESS_TLS') return false;
  const own = { key: material.stores.nodeKey, chain: material.stores.nodeChain };
  const seen = await Promise.all(addresses.map((address) => knock(address, own, site.timeoutMs)));
  return seen.every(({ answer }) => answer !== 'tls' && answer !== 'refused-tls');
}
