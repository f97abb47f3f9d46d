import { inputsBesideHeldMap } from '../control/parked-inputs';
import type { NodeStatus, PeerStatus, Problem } from '../control/status';
import { printable } from '../lib/log-text';
import { duration } from './duration';
import { serviceText, waitingText } from './map-text';
import { table } from './output';

export interface StatusTextOptions {
  /** Whether the sidecar that wrote the status runs. */
  readonly alive: boolean;
  /** Peers that are idle, too. */
  readonly all: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** More of a kind are only counted. */
const MOST_PARKED = 20;
const MOST_CHANGES = 5;
const MOST_CHARACTERS = 160;

/** Everything that an operator asks first in some lines, then a table of the peers that are not idle. */
export function statusText(status: NodeStatus, options: StatusTextOptions): string {
  const { node, broker, map, live, held, drift } = status;
  const { alive, now } = options;
  const parked = inputsBesideHeldMap(status);
  const lines = [
    `node     ${node.name}`,
    `id       ${node.id}`,
    `sidecar  ${alive ? `runs as process ${status.pid} since ${ago(status.startedAt, now)}` : stopped(status, now)}`,
    `broker   ${broker.kind}, ${broker.state}${broker.version === undefined ? '' : `, Artemis ${broker.version}`}`,
    `map      ${counted(map.peers, 'node')}, ${parked.length} parked, revision ${map.revision}`,
    ...serviceLines(status, now),
    ...userLines(status, now),
    ...certificateLines(status, now),
    `live     ${live === undefined ? 'nothing yet' : liveText(live, now)}`,
    ...(held === undefined ? [] : [`held     ${problemText(held, now)}`]),
    `drift    ${driftText(drift, now)}`,
    `peers    ${peerCounts(status.peers)}`,
    ...deadLines(status.deadLetters),
  ];
  const changes = live === undefined ? [] : live.changes.map(({ what }) => printable(cut(what)));
  const text = `${lines.map(printable).join('\n')}\n`;
  const tail = `${parkedText(parked)}${departedText(status.departed ?? [], now)}${peerTable(status.peers, options)}`;
  return `${text}${section('last change', shortened(changes))}${tail}`;
}

/** Inputs that are not in the map, each with its reason; nothing where there are none. */
export function parkedText(parked: NodeStatus['map']['parked']): string {
  const shown = parked.slice(0, MOST_PARKED).map((one) => {
    const remedy = one.remedy === undefined ? '' : ` (to do: ${one.remedy})`;
    return printable(`${one.origin}: ${one.message}${remedy} [${one.code}]`);
  });
  const more = parked.length - shown.length;
  return section('parked inputs', more > 0 ? [...shown, `and ${more} more`] : shown);
}

/** Who has left, and what waits for him; nothing where nobody has. */
function departedText(departed: NonNullable<NodeStatus['departed']>, now: number): string {
  const shown = departed.slice(0, MOST_PARKED).map(({ id, name, since, messages = 0 }) => {
    const waiting =
      messages === 0 ? 'nothing waits for it' : `${counted(messages, 'message')} for it stay in its queue`;
    return printable(`${name ?? id}: left the map ${ago(since, now)} ago, ${waiting}`);
  });
  const more = departed.length - shown.length;
  return section('no longer in the map', more > 0 ? [...shown, `and ${more} more`] : shown);
}

function serviceLines({ networkMap }: NodeStatus, now: number): string[] {
  if (networkMap === undefined) return [];
  const waiting = waitingText(networkMap, now).map((line) => `waiting  ${line}`);
  return [`service  ${serviceText(networkMap, now)}`, ...waiting];
}

function userLines({ rpcUsers }: NodeStatus, now: number): string[] {
  if (rpcUsers === undefined) return [];
  const { count, held } = rpcUsers;
  const users = `users    ${counted(count, 'RPC user')}`;
  return held === undefined ? [users] : [`${users}; their file is not taken`, `held     ${problemText(held, now)}`];
}

function certificateLines({ certificates }: NodeStatus, now: number): string[] {
  if (certificates === undefined) return [];
  return [
    'tls      the changed certificates are not taken; those of before are in use',
    `held     ${problemText(certificates.held, now)}`,
  ];
}

function deadLines(dead: NodeStatus['deadLetters']): string[] {
  if (dead === undefined || dead.total === 0) return [];
  const causes = Object.entries(dead.causes ?? {}).map(([cause, count]) => `${count} ${cause}`);
  const shown = causes.length === 0 ? '' : `: ${causes.join(', ')}`;
  return [`dead     ${counted(dead.total, 'dead letter')}${shown} (netmap dead-letters list)`];
}

function stopped({ updatedAt }: NodeStatus, now: number): string {
  return `does not run; what follows is of ${ago(updatedAt, now)} ago`;
}

function ago(at: number, now: number): string {
  return duration(now - at);
}

function liveText({ at, tookMs, changes }: NonNullable<NodeStatus['live']>, now: number): string {
  return `${counted(changes.length, 'change')} ${ago(at, now)} ago, in ${tookMs} ms`;
}

function problemText({ code, message, remedy, since }: Problem, now: number): string {
  return `since ${ago(since, now)}: ${message}${remedy === undefined ? '' : ` (to do: ${remedy})`} [${code}]`;
}

function driftText({ repairs, last }: NodeStatus['drift'], now: number): string {
  if (last === undefined) return 'none';
  const what = last.changes.map((change) => change.what).join('; ');
  return `repaired ${counted(repairs, 'time')}, ${ago(last.at, now)} ago: ${what}`;
}

function peerCounts(peers: readonly PeerStatus[]): string {
  if (peers.length === 0) return 'none';
  const phases = new Map<string, number>();
  for (const { phase = 'unknown' } of peers) phases.set(phase, (phases.get(phase) ?? 0) + 1);
  const queued = peers.reduce((sum, peer) => sum + (peer.queued ?? 0), 0);
  const counts = [...phases].map(([phase, count]) => `${count} ${phase}`);
  return `${peers.length}: ${counts.join(', ')}; ${counted(queued, 'message')} queued`;
}

function peerTable(peers: readonly PeerStatus[], { all, now }: StatusTextOptions): string {
  const shown = all ? peers : peers.filter(({ phase, queued = 0 }) => phase !== 'idle' || queued > 0);
  const hidden = peers.length - shown.length;
  const hint = hidden > 0 ? `${counted(hidden, 'idle peer')} not shown: --all\n` : '';
  if (shown.length === 0) return hint === '' ? '' : `\n${hint}`;
  const rows = shown.map((peer) => [
    peer.name,
    peer.phase ?? 'unknown',
    peer.since === undefined ? '' : ago(peer.since, now),
    peer.queued ?? '',
    peer.oldest === undefined ? '' : ago(peer.oldest, now),
    peer.retryAt === undefined ? '' : `in ${duration(peer.retryAt - now)}`,
    peer.cause === undefined
      ? ''
      : `${peer.cause.message}${peer.cause.code === undefined ? '' : ` [${peer.cause.code}]`}`,
  ]);
  return `\n${table(['peer', 'state', 'since', 'queued', 'oldest', 'next try', 'cause'], rows)}\n${hint}`;
}

function cut(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}

function shortened(lines: readonly string[]): string[] {
  const more = lines.length - MOST_CHANGES;
  return [...lines.slice(0, MOST_CHANGES), ...(more > 0 ? [`and ${more} more`] : [])];
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `\n${title}:\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
