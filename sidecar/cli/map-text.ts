import type { NetworkMapView, ParametersView, UpdateView } from '../control/network-map-view';
import type { PeerStatus } from '../control/status';
import { printable } from '../lib/log-text';
import { duration } from './duration';

/** More peers that would leave are only counted. */
const MOST_LOST = 50;

/** The state of a network map service in one line. */
export function serviceText({ url, failingSince, failure }: NetworkMapView, now: number): string {
  if (failingSince === undefined) return url;
  const why = failure === undefined ? '' : `: ${failure.message}`;
  return `${url}, no map since ${duration(now - failingSince)}${why}`;
}

/** What of the map waits for the operator, a line each. */
export function waitingText({ held, update, unaccepted }: NetworkMapView, now: number): string[] {
  return [
    ...(held === undefined ? [] : [`held since ${duration(now - held.since)}: ${held.reason} (netmap map accept)`]),
    ...(update === undefined || update.isAccepted ? [] : [updateText(update, now)]),
    ...(unaccepted === undefined ? [] : [`the map asks for parameters ${unaccepted} (netmap parameters accept)`]),
  ];
}

export function mapText(map: NetworkMapView, peers: readonly PeerStatus[], count: number, now: number): string {
  const { publishing, stale, held } = map;
  const lines = [
    `service    ${serviceText(map, now)}`,
    `nodes      ${count}${stale === 0 ? '' : `, ${stale} more not vouched for in time`}`,
    ...(map.parameters === undefined ? [] : [`parameters ${map.parameters.hash}, epoch ${map.parameters.epoch}`]),
    `published  ${publishedText(publishing, now)}`,
    ...waitingText(map, now).map((line) => `waiting    ${line}`),
  ];
  if (held === undefined || held.lost.length === 0) return joined(lines);
  const names = new Map(peers.map(({ id, name }) => [id, name]));
  const lost = held.lost.slice(0, MOST_LOST).map((id) => `  ${names.get(id) ?? id}`);
  const more = held.lost.length - lost.length;
  return joined([...lines, '', 'would leave:', ...lost, ...(more > 0 ? [`  and ${more} more`] : [])]);
}

export function parametersText({ parameters, update, unaccepted }: NetworkMapView, now: number): string {
  const lines = parameters === undefined ? ['none are known yet'] : ['in force:', ...valueLines(parameters)];
  if (update !== undefined) {
    lines.push('', `update: ${updateText(update, now)}`, `  ${update.description}`);
    lines.push(...(update.parameters === undefined ? [`  ${update.problem ?? ''}`] : valueLines(update.parameters)));
  }
  if (unaccepted !== undefined) {
    lines.push('', `not accepted, and asked for by the newest map: ${unaccepted}`);
    lines.push('  no new map is taken until they are: netmap parameters accept HASH');
  }
  return joined(lines);
}

function updateText({ hash, deadline, isAccepted, isAcknowledged, problem }: UpdateView, now: number): string {
  const left = deadline - now;
  const when = left > 0 ? `in force in ${duration(left)}` : `due since ${duration(-left)}`;
  if (!isAccepted) return `parameters ${hash} are ${when} and not accepted (netmap parameters accept)`;
  const told = isAcknowledged
    ? 'the service knows'
    : `the service does not know yet${problem === undefined ? '' : `: ${problem}`}`;
  return `parameters ${hash} are ${when}, accepted, ${told}`;
}

function valueLines(view: ParametersView): string[] {
  const { notaries, whitelistedContractImplementations, packageOwnership } = view;
  return [
    `  hash                      ${view.hash}`,
    `  epoch                     ${view.epoch}, of ${view.modifiedTime}`,
    `  minimum platform version  ${view.minimumPlatformVersion}`,
    `  largest message           ${view.maxMessageSize} bytes`,
    `  largest transaction       ${view.maxTransactionSize} bytes`,
    `  event horizon             ${duration(view.eventHorizonMs)}`,
    ...notaries.map(({ name, validating }) => `  notary                    ${name}${validating ? ', validating' : ''}`),
    ...Object.entries(whitelistedContractImplementations).map(
      ([contract, hashes]) => `  contract                  ${contract}: ${hashes.join(', ')}`,
    ),
    ...Object.entries(packageOwnership).map(([name, id]) => `  package                   ${name}: ${id}`),
  ];
}

function publishedText(publishing: NetworkMapView['publishing'], now: number): string {
  if (publishing === undefined) return 'not by this sidecar';
  const { publishedAt, problem } = publishing;
  const last = publishedAt === undefined ? 'not yet' : `${duration(now - publishedAt)} ago`;
  return problem === undefined ? last : `${last}; the last try failed: ${problem}`;
}

function joined(lines: readonly string[]): string {
  return `${lines.map(printable).join('\n')}\n`;
}
