import type { Answer, Exchange, Question } from './exchange';
import { MapServiceError } from './map-service-error';

/** A map service's own name for what it answered with, given back to it to be told "unchanged". */
export interface MapStamp {
  readonly etag?: string;
  /** When the service says that the map was made, milliseconds since the epoch. */
  readonly lastModified?: number;
}

export interface MapAnswer {
  /** Undefined when the map is still the one with the stamp given. */
  readonly map: { readonly bytes: Uint8Array; readonly stamp: MapStamp } | undefined;
  /** For how long the answer may be used, milliseconds; undefined when the service does not say. */
  readonly maxAgeMs: number | undefined;
  /** "1" where the service does not say; another one offers all NodeInfos in one answer. */
  readonly serverVersion: string;
}

export interface MapClientSettings {
  /** Base of the paths, such as https://map.example/zone. */
  readonly url: URL;
  readonly exchange: Exchange;
  /** Of what is asked for, such as application/octet-stream. */
  readonly mediaType: string;
  /** This node's own, sent along. */
  readonly platformVersion: number;
  readonly limits?: Partial<AnswerLimits>;
}

/** Largest answers taken, bytes. */
export interface AnswerLimits {
  readonly map: number;
  readonly parameters: number;
  readonly nodeInfo: number;
  readonly nodeInfos: number;
}

const MIB = 1024 * 1024;
/** 100,000 hashes, or as many NodeInfos of 5 KB, fit. */
const LIMITS: AnswerLimits = { map: 16 * MIB, parameters: 16 * MIB, nodeInfo: MIB, nodeInfos: 512 * MIB };
const CLIENT_VERSION = 'artemis-netmap';
const OK = 200;
const UNCHANGED = 304;

/** The network map service's resources, by Corda's paths. Every method rejects with MapServiceError or the signal's reason. */
export class MapClient {
  private readonly limits: AnswerLimits;

  constructor(private readonly settings: MapClientSettings) {
    this.limits = { ...LIMITS, ...settings.limits };
  }

  /** The network map, or the private one of that UUID. */
  async networkMap(known: MapStamp, signal: AbortSignal, privateMap?: string): Promise<MapAnswer> {
    const path = privateMap === undefined ? 'network-map' : `network-map/${privateMap}`;
    const { etag, lastModified } = known;
    const conditions = {
      ...(etag === undefined ? {} : { 'If-None-Match': etag }),
      ...(etag !== undefined || lastModified === undefined
        ? {}
        : { 'If-Modified-Since': new Date(lastModified).toUTCString() }),
    };
    const answer = await this.ask(this.get(path, this.limits.map, conditions), signal, [OK, UNCHANGED]);
    const { headers, status, body } = answer;
    return {
      map: status === UNCHANGED ? undefined : { bytes: body, stamp: stampOf(headers) },
      maxAgeMs: maxAgeOf(headers),
      serverVersion: headers.get('x-corda-server-version') ?? '1',
    };
  }

  async nodeInfo(hash: string, signal: AbortSignal): Promise<Uint8Array> {
    return this.body(this.get(`network-map/node-info/${hash}`, this.limits.nodeInfo), signal);
  }

  /** The map and every NodeInfo of it. */
  async nodeInfos(signal: AbortSignal): Promise<Uint8Array> {
    return this.body(this.get('network-map/node-infos', this.limits.nodeInfos), signal);
  }

  async parameters(hash: string, signal: AbortSignal): Promise<Uint8Array> {
    return this.body(this.get(`network-map/network-parameters/${hash}`, this.limits.parameters), signal);
  }

  /** Gives the service a signed NodeInfo. */
  async publish(nodeInfo: Uint8Array, signal: AbortSignal): Promise<void> {
    await this.ask(this.post('network-map/publish', nodeInfo), signal, [OK]);
  }

  /** Tells the service that this node has accepted network parameters: their signed hash. */
  async acknowledge(signedHash: Uint8Array, signal: AbortSignal): Promise<void> {
    await this.ask(this.post('network-map/ack-parameters', signedHash), signal, [OK]);
  }

  /** As what the service sees this node: a host name or an address. */
  async myHostname(signal: AbortSignal): Promise<string> {
    const answer = await this.body({ ...this.get('network-map/my-hostname', 1024), headers: this.headers }, signal);
    return Buffer.from(answer).toString('utf8').trim();
  }

  private get headers(): Record<string, string> {
    return { 'Platform-Version': String(this.settings.platformVersion), 'Client-Version': CLIENT_VERSION };
  }

  private get(path: string, maxBytes: number, conditions: Record<string, string> = {}): Question {
    const headers = { Accept: this.settings.mediaType, ...this.headers, ...conditions };
    return { method: 'GET', url: this.urlOf(path), headers, maxBytes };
  }

  private post(path: string, body: Uint8Array): Question {
    const headers = { 'Content-Type': this.settings.mediaType, ...this.headers };
    return { method: 'POST', url: this.urlOf(path), headers, body, maxBytes: MIB };
  }

  private urlOf(path: string): URL {
    const { href } = this.settings.url;
    return new URL(path, href.endsWith('/') ? href : `${href}/`);
  }

  private async body(question: Question, signal: AbortSignal): Promise<Uint8Array> {
    return (await this.ask(question, signal, [OK])).body;
  }

  private async ask(question: Question, signal: AbortSignal, good: readonly number[]): Promise<Answer> {
    const answer = await this.settings.exchange(question, signal);
    if (!good.includes(answer.status)) throw refused(question, answer);
    const kind = answer.headers.get('content-type') ?? '';
    if (/\bhtml\b/i.test(kind)) {
      throw new MapServiceError('MAP_SERVICE_ANSWER', `${question.url.href} answers with a page for people (${kind})`);
    }
    return answer;
  }
}

const SHOWN = 200;

function refused({ method, url }: Question, { status, body, headers }: Answer): MapServiceError {
  const isText = /^text\/plain|json/.test(headers.get('content-type') ?? '');
  const words = isText ? body.toString('utf8').trim().slice(0, SHOWN) : '';
  const message = `${method} ${url.href} was answered with status ${status}${words === '' ? '' : `: ${words}`}`;
  return new MapServiceError('MAP_SERVICE_STATUS', message);
}

function stampOf(headers: ReadonlyMap<string, string>): MapStamp {
  const etag = headers.get('etag');
  const lastModified = Date.parse(headers.get('last-modified') ?? '');
  return { ...(etag === undefined ? {} : { etag }), ...(Number.isNaN(lastModified) ? {} : { lastModified }) };
}

function maxAgeOf(headers: ReadonlyMap<string, string>): number | undefined {
  const [, seconds] = /(?:^|[\s,])max-age\s*=\s*"?(\d{1,10})/i.exec(headers.get('cache-control') ?? '') ?? [];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
