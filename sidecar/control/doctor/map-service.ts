import { ConfigError } from '../../config/config-error';
import { systemErrorCode } from '../../config/error-code';
import { messageOf, NetmapError } from '../../lib/errors';
import { fetchMap } from '../../sources/http/map-fetch';
import { MapServiceError } from '../../sources/http/map-service-error';
import { mapAccess } from '../map-access';
import { fault, notApplicable, ok, type Diagnosis, type Outcome } from './diagnosis';

type Cause =
  | 'map-name-unknown'
  | 'map-unreachable'
  | 'map-silent'
  | 'map-not-trusted'
  | 'map-trust-unusable'
  | 'map-not-found'
  | 'map-refused'
  | 'map-answer-unusable'
  | 'map-signature';

const UNKNOWN_NAME: readonly string[] = ['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL'];
const NO_TCP: readonly string[] = ['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'EPIPE'];
const NOT_FOUND = /was answered with status (?:404|410)\b/;
/** Sent where a node does not know better; nothing is published here. */
const PLATFORM_VERSION = 1;

export const mapService: Diagnosis<Cause> = {
  id: 'map-service',
  looksAt: 'the network map service: does it answer with a map that verifies',
  needs: ['certificate', 'certificate-time'],
  causes: {
    'map-name-unknown': 'its host name is not known',
    'map-unreachable': 'nobody listens there, or there is no way to it',
    'map-silent': 'it does not answer in time',
    'map-not-trusted': 'TLS fails: its certificate was issued by nobody who is trusted, is of another host or expired',
    'map-trust-unusable': 'the file of whom to trust cannot be used',
    'map-not-found': 'there is no network map at that URL (status 404)',
    'map-refused': 'it answers with another status that says no',
    'map-answer-unusable': 'its answer is no network map, or sends us elsewhere',
    'map-signature': "its map was not signed by one whom the network's root has named, or is damaged",
  },
  async check(site) {
    const config = await site.config();
    const service = config.sources.find(({ networkMap }) => networkMap !== undefined)?.networkMap;
    if (service === undefined) return notApplicable('none is configured');
    const { url, privateMap } = service;
    // As long as the sidecar waits, nobody would.
    const signal = AbortSignal.timeout(site.timeoutMs);
    try {
      const access = await mapAccess(config, PLATFORM_VERSION, site.clock);
      if (access === undefined) return notApplicable('none is configured');
      const trust = { roots: await site.roots(), at: site.clock.now() };
      const { map } = await fetchMap({ ...access, privateMap, known: undefined, trust, signal });
      return ok(`${url} has a map of ${map?.hashes.size ?? 0} nodes`);
    } catch (error) {
      if (signal.aborted) {
        const words = `${url} has not answered within ${site.timeoutMs} ms`;
        return fault('map-silent', words, 'look at the service and at proxies and firewalls on the way to it');
      }
      if (error instanceof ConfigError)
        return fault('map-trust-unusable', error.message, error.remedy ?? 'look at networkMap.trust');
      if (error instanceof MapServiceError) return unavailable(error, url);
      if (!(error instanceof NetmapError)) throw error;
      const remedy = `is ${config.certificates.roots} of the same network as ${url}? else the service serves what nobody may sign: tell its operator`;
      return fault('map-signature', `the map of ${url} is not in order: ${messageOf(error)}`, remedy);
    }
  },
};

function unavailable({ code, message, cause }: MapServiceError, url: string): Outcome<Cause> {
  const system = systemErrorCode(cause) ?? '';
  if (code === 'MAP_SERVICE_STATUS') {
    if (NOT_FOUND.test(message))
      return fault('map-not-found', message, 'correct networkMap.url: /network-map is added to it, and nothing else');
    return fault('map-refused', message, "look at the service's log, and at proxies on the way to it");
  }
  if (code !== 'MAP_SERVICE_UNREACHABLE') {
    return fault(
      'map-answer-unusable',
      message,
      'correct networkMap.url; is there a proxy, or a page to log in, before it?',
    );
  }
  if (UNKNOWN_NAME.includes(system)) {
    return fault('map-name-unknown', message, `correct ${url}, or the DNS of this machine`);
  }
  if (NO_TCP.includes(system) || system === '') {
    return fault('map-unreachable', message, 'is the service running? correct networkMap.url, or the firewall');
  }
  const remedy = `name in networkMap.trust whoever issued the certificate of ${url}; is the URL one of https, and of the host in the certificate?`;
  return fault('map-not-trusted', `${message} (${system})`, remedy);
}
