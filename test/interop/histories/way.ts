import { delay } from '../../../sidecar/lib/clock';
import type { Chance } from '../../faults/model/random';
import type { Answer, Exchange, Question } from '../../../sidecar/sources/http/exchange';
import { faultyMap, hashesOf, SILENCE_MS, timedOut, unreachable, type Fault } from './faults';
import type { NodeJudge } from './node-judge';
import type { NodePool } from './node-pool';
import { bytesKey } from './remembered';
import { answer, unlessKnown } from './service-door';
import type { ServiceLife } from './service-life';
import type { VirtualClock } from './virtual-clock';

/** Share of the requests that take their time, there or back, and how long, milliseconds. */
const SLOW = { share: 0.03, least: 100, most: 20_000 };

/** The way between nodes and the service, which may be at fault; judges are told what went over it. */
export class Way {
  fault: Fault | undefined;
  /** Grows with each request: something stirs. */
  stirs = 0;

  constructor(
    private readonly clock: VirtualClock,
    private readonly service: ServiceLife,
    private readonly pool: NodePool,
  ) {}

  exchangeOf(judge: NodeJudge, chance: Chance): Exchange {
    const travel = async (ms: number, signal: AbortSignal): Promise<void> => {
      await delay(this.clock, ms, signal);
      this.stirs += 1;
    };
    const slowly = async (signal: AbortSignal): Promise<void> => {
      if (chance.hits(SLOW.share)) await travel(chance.between(SLOW.least, SLOW.most), signal);
    };
    return async (question, signal) => {
      this.stirs += 1;
      if (question.url.pathname === '/network-map') judge.asks(this.clock.now());
      await slowly(signal);
      if (this.fault?.kind === 'stuck') {
        this.note(question, undefined, judge);
        await travel(SILENCE_MS, signal);
        throw timedOut();
      }
      const given = await this.carry(question, judge);
      await slowly(signal);
      signal.throwIfAborted();
      return given;
    };
  }

  private async carry(question: Question, judge: NodeJudge): Promise<Answer> {
    const { fault, service } = this;
    const [resource, hash] = partsOf(question);
    const isLost = fault?.kind === 'answer-lost';
    if (!service.isUp || fault?.kind === 'unreachable' || (isLost && resource !== 'publish')) {
      this.note(question, undefined, judge);
      throw unreachable();
    }
    if (fault?.kind === 'status') return this.note(question, answer(500, Buffer.from('no')), judge);
    if (resource === 'publish') {
      const published = await service.publish(question);
      if (isLost) throw unreachable();
      return published;
    }
    if (fault?.kind === 'page') {
      return this.note(question, answer(200, Buffer.from('<html>'), { 'content-type': 'text/html' }), judge);
    }
    if (resource === '') return this.map(question, judge);
    return this.note(question, await this.document(question, resource, hash), judge);
  }

  private async map(question: Question, judge: NodeJudge): Promise<Answer> {
    const { fault, service, pool } = this;
    const served = fault && service.served();
    const bent = fault && served && (await faultyMap(fault, served, pool));
    if (bent !== undefined && fault?.kind !== 'old') return bent;
    const given = bent === undefined ? await service.ask(question) : unlessKnown(bent, question);
    if (given.status === 304) judge.given('unchanged', bent === undefined);
    else {
      const modified = Date.parse(given.headers.get('last-modified') ?? '');
      judge.given({ hashes: hashesOf(given.body), modified, key: bytesKey(given.body) }, bent === undefined);
    }
    return given;
  }

  private async document(question: Question, resource: string, hash: string): Promise<Answer> {
    const { fault, service, pool } = this;
    const isAboutNodes = resource.startsWith('node-info');
    if (fault?.kind === 'no-node-info' && isAboutNodes) return answer(404, Buffer.alloc(0));
    const given = await service.ask(question);
    if (fault?.kind !== 'wrong-node-info' || !isAboutNodes) return given;
    if (resource === 'node-infos') return { ...given, body: given.body.subarray(0, given.body.length / 2) };
    const [first, second] = pool.nodes;
    const other = await pool.info(pool.ofHash(hash).node === first ? (second ?? first) : first, 1n);
    return { ...given, status: 200, body: other.bytes };
  }

  /** Tells the judge which of a map's belongings could be had. */
  private note<Given extends Answer | undefined>(question: Question, given: Given, judge: NodeJudge): Given {
    const [resource, hash] = partsOf(question);
    const isGood = given?.status === 200 && given.headers.get('content-type') === 'application/octet-stream';
    const now = this.clock.now();
    if (resource === 'network-parameters' && !isGood) judge.lacks();
    if (resource === 'node-info') {
      judge.nodeInfo(hash, isGood && bytesKey(given.body) === bytesKey(this.pool.ofHash(hash).bytes), now);
    }
    if (resource === 'node-infos' && isGood && this.fault?.kind !== 'wrong-node-info') {
      for (const each of this.service.model.hashes) judge.nodeInfo(each, true, now);
    }
    return given;
  }
}

function partsOf({ url }: Question): [resource: string, hash: string] {
  const [, , resource = '', hash = ''] = url.pathname.split('/');
  return [resource, hash];
}
