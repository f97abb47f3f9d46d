import type { Certificate } from '../../certificates/certificate';
import { messageOf, NetmapError } from '../../lib/errors';
import type { KnownSerials } from '../../network/merge';
import type { Trust } from '../../network-map/trust';
import { MapCacheError } from '../cache/map-cache-error';
import { isAlike } from '../alike';
import { isParkedAlike, park } from '../parking';
import type { MapSnapshot, MapSource, SnapshotListener } from '../source';
import { NO_DECISIONS, type MapDecisions } from './decisions';
import { fetchMap } from './map-fetch';
import { MapShrunkOrOlder, ParametersNotAccepted } from './map-hold-error';
import { MapIntake, type IntakeSettings } from './map-intake';
import { MapServiceError } from './map-service-error';
import type { NetworkMapStatus } from './map-status';
import { ParametersWatch } from './parameters-watch';
import { PollTimes, type PollLimits } from './poll-times';

export interface NetworkMapOptions extends IntakeSettings {
  readonly random: () => number;
  readonly poll: PollLimits;
  readonly knownSerials?: KnownSerials;
  readonly decisions?: () => Promise<MapDecisions>;
  /** The signed hash by which the service learns that this node accepts network parameters. */
  readonly acknowledge?: (hash: string) => Promise<Uint8Array>;
  /** Reads what is on disk and asks nobody. */
  readonly offline?: boolean;
}

/** Time between two looks whether the operator has decided, where something waits for that. */
const DECISION_MS = 1_000;

/**
 * The map source that asks a network map service. A map is taken when all of it is in order and kept on disk; until
 * then, and whatever the service does, the one before stays.
 */
export class NetworkMapSource implements MapSource {
  private readonly intake: MapIntake;
  private readonly updates: ParametersWatch;
  private readonly times: PollTimes;
  private readonly abort = new AbortController();
  private listener: SnapshotListener = () => undefined;
  private current: MapSnapshot;
  private problem: NetmapError | undefined;
  private fellBack: NetmapError | undefined;
  private decisions = NO_DECISIONS;
  private failures = 0;
  private failing: Pick<NetworkMapStatus, 'failingSince' | 'failure'> = {};
  private lastAnswerAt: number | undefined;
  private nextPollAt: number | undefined;
  private cancels: (() => void)[] = [];
  private polling: Promise<void> | undefined;

  constructor(private readonly options: NetworkMapOptions) {
    const { knownSerials = new Map<string, bigint>() } = options;
    this.current = { peers: [], parked: [], serials: knownSerials, revision: 0 };
    this.intake = new MapIntake(options);
    this.updates = new ParametersWatch({ ...options, trust: () => this.trust() });
    this.times = new PollTimes(options.poll, options.random);
  }

  /**
   * Starts from the map on disk, without waiting for the service; without one, from the service's.
   * @throws MapCacheError when what is on disk cannot be used, or is missing while the service gives nothing
   */
  async start(listener: SnapshotListener): Promise<void> {
    this.listener = listener;
    const loaded = await this.options.cache.load();
    if (loaded !== undefined) {
      await this.intake.resume(loaded, this.current.serials);
      this.fellBack = loaded.fellBack;
      // Nobody may leave without the brake having seen it, not even at a start.
      this.current = { ...this.current, peers: this.intake.result?.peers ?? [] };
      this.recompose();
    }
    if (loaded === undefined) return this.startWithoutCache();
    this.publish();
    if (this.options.offline !== true) this.schedule(0);
  }

  async stop(): Promise<void> {
    this.abort.abort(new Error('stopped'));
    this.cancelTimers();
    await this.polling;
  }

  snapshot(): MapSnapshot {
    return this.current;
  }

  status(): NetworkMapStatus {
    const { lastAnswerAt, nextPollAt, failures, failing, problem } = this;
    const { held, last, result } = this.intake;
    const { update } = this.updates;
    return {
      url: this.options.url,
      failures,
      peers: this.current.peers.length,
      stale: result?.stale.length ?? 0,
      ...failing,
      ...(lastAnswerAt === undefined ? {} : { lastAnswerAt }),
      ...(nextPollAt === undefined ? {} : { nextPollAt }),
      ...(last === undefined ? {} : { parameters: { hash: last.parameters.hash, document: last.parameters.document } }),
      ...(update === undefined ? {} : { update }),
      ...(problem instanceof ParametersNotAccepted ? { unaccepted: problem.hash } : {}),
      ...(held === undefined ? {} : { held }),
    };
  }

  /**
   * Before the roots change to these: parameters that were signed anew under them are kept as such. Where there are none
   * nothing changes, and nothing is thrown.
   */
  async renewParameters(roots: readonly Certificate[]): Promise<void> {
    while (this.polling !== undefined) await this.polling;
    this.cancelTimers();
    this.polling = this.intake.renewParameters(roots, this.abort.signal).catch(() => undefined);
    await this.polling;
    this.polling = undefined;
    this.schedule(0);
  }

  /** Nothing may be taken for an empty map, unless nobody was ever known. */
  private async startWithoutCache(): Promise<void> {
    const { offline, url } = this.options;
    if (offline === true) throw missing(`no network map of ${url} has been taken yet`, 'start the sidecar: netmap run');
    await this.pollOnce();
    if (this.intake.last !== undefined || this.current.serials.size === 0 || this.problem === undefined) return;
    await this.stop();
    throw missing(
      `peers were known before, but no network map is kept on disk, and the service gives none: ${this.problem.message}`,
      'restore the folder network-map of the state folder, or start again when the service gives its map',
      this.problem,
    );
  }

  private async pollOnce(): Promise<void> {
    if (this.polling !== undefined || this.abort.signal.aborted) return;
    this.cancelTimers();
    this.nextPollAt = this.options.clock.now();
    this.polling = this.poll();
    await this.polling;
    this.polling = undefined;
  }

  private async poll(): Promise<void> {
    const { signal } = this.abort;
    let maxAgeMs: number | undefined;
    try {
      this.decisions = await this.readDecisions();
      const { client, form, privateMap, clock } = this.options;
      const known = this.intake.last?.map;
      const fetched = await fetchMap({ client, form, privateMap, known, trust: this.trust(), signal });
      maxAgeMs = fetched.maxAgeMs;
      this.lastAnswerAt = clock.now();
      await this.intake.take(fetched, this.current, this.decisions, signal);
      if (fetched.map !== undefined) await this.intake.followSigner(signal);
      this.problem = undefined;
      this.fellBack = undefined;
      this.failures = 0;
      this.failing = {};
      await this.updates.attend(this.intake.last?.map.document.parametersUpdate, this.decisions, signal);
    } catch (error) {
      if (signal.aborted) return;
      this.problem = error instanceof NetmapError ? (error as NetmapError) : unforeseen(this.options.url, error);
      this.failures += 1;
      this.failing = this.failureOf(this.problem);
      this.recompose(error instanceof MapShrunkOrOlder);
    }
    this.publish();
    const isRetried = this.problem?.decision === 'retry';
    this.schedule(isRetried ? this.times.afterFailure() : this.times.afterAnswer(maxAgeMs));
  }

  private failureOf(problem: NetmapError): Pick<NetworkMapStatus, 'failingSince' | 'failure'> {
    // What waits for the operator has come, and is in order.
    if (problem instanceof MapShrunkOrOlder || problem instanceof ParametersNotAccepted) return {};
    const { code, message } = problem;
    return { failingSince: this.failing.failingSince ?? this.options.clock.now(), failure: { code, message } };
  }

  private recompose(isHeld = false): void {
    try {
      this.intake.recompose(this.current, this.decisions, isHeld);
    } catch (error) {
      if (!(error instanceof NetmapError)) throw error;
      this.problem = error;
    }
  }

  private schedule(ms: number): void {
    this.cancelTimers();
    if (this.abort.signal.aborted) return;
    const { clock } = this.options;
    this.nextPollAt = clock.now() + ms;
    this.cancels.push(clock.after(ms, () => void this.pollOnce()));
    if (ms > DECISION_MS && this.waitsForOperator()) this.lookForDecision();
  }

  private waitsForOperator(): boolean {
    const { held, update, unaccepted } = this.status();
    return held !== undefined || unaccepted !== undefined || update?.isAccepted === false;
  }

  private lookForDecision(): void {
    const look = async (): Promise<void> => {
      // What cannot be read is told by the next poll.
      const read = await this.readDecisions().catch(() => this.decisions);
      if (this.abort.signal.aborted || this.polling !== undefined) return;
      if (JSON.stringify(read) === JSON.stringify(this.decisions)) this.lookForDecision();
      else await this.pollOnce();
    };
    this.cancels.push(this.options.clock.after(DECISION_MS, () => void look()));
  }

  private cancelTimers(): void {
    for (const cancel of this.cancels) cancel();
    this.cancels = [];
  }

  private publish(): void {
    const { problem, fellBack, current, intake } = this;
    const { url, clock } = this.options;
    const errors = [problem, fellBack].flatMap((error) => (error === undefined ? [] : [{ origin: url, error }]));
    const parked = park(current.parked, [...errors, ...intake.faults()], clock.now());
    const { peers, serials } = intake.result ?? current;
    const parameters = intake.last?.parameters.document;
    const isSame = parameters === current.parameters && isAlike(peers, current.peers);
    if (current.revision > 0 && isSame && isParkedAlike(parked, current.parked)) return;
    const known = parameters === undefined ? {} : { parameters };
    this.current = { peers, parked, serials, revision: current.revision + 1, ...known };
    this.listener(this.current);
  }

  private async readDecisions(): Promise<MapDecisions> {
    return (await this.options.decisions?.()) ?? NO_DECISIONS;
  }

  private trust(): Trust {
    return { roots: this.options.roots, at: this.options.clock.now() };
  }
}

function missing(message: string, remedy: string, cause?: unknown): MapCacheError {
  return new MapCacheError('MAP_CACHE_MISSING', message, { remedy, cause });
}

/** No answer may stop the polling, whatever it does to its reader. */
function unforeseen(url: string, cause: unknown): MapServiceError {
  return new MapServiceError('MAP_SERVICE_ANSWER', `what ${url} gave cannot be used: ${messageOf(cause)}`, cause);
}
