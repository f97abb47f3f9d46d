import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { X500Name } from '../../sidecar/certificates/x500-name';
import type { Credential } from '../../sidecar/dev-network/credential';
import { issueAuthority, issueIdentity, issueNodeCa } from '../../sidecar/dev-network/issue-corda';
import { issueMapSigners } from '../../sidecar/dev-network/issue-map-signers';
import { systemClock, type Clock } from '../../sidecar/lib/clock';
import { silentLogger } from '../../sidecar/lib/log';
import { openAuditLog, type AuditLog } from '../../sidecar/mapservice/audit-log';
import { MapService } from '../../sidecar/mapservice/map-service';
import type { ParametersSettings } from '../../sidecar/mapservice/parameters-settings';
import { createMapServer } from '../../sidecar/mapservice/service-http';
import { signNodeInfoBlob } from '../../sidecar/network-map/node-info-blob';
import { httpExchange, type Answer, type Exchange, type Question } from '../../sidecar/sources/http/exchange';

const DAY = 86_400_000;
export const START = Date.UTC(2026, 10, 22);
export const settings = {
  validity: { notBefore: START - DAY, notAfter: START + 3650 * DAY },
  random: (size: number) => randomBytes(size),
};
export const authority = issueAuthority(settings);
export const POLL_SECONDS = 30;

export const parameters: ParametersSettings = {
  minimumPlatformVersion: 4,
  notaries: [],
  maxMessageSize: 10_485_760,
  maxTransactionSize: 524_288_000,
  eventHorizon: 30 * DAY,
  whitelistedContractImplementations: new Map(),
  packageOwnership: new Map(),
};

export type Tamper = (question: Question, answer: Answer) => Answer | Promise<Answer>;

const ask = httpExchange({ clock: systemClock, silenceMs: 30_000, wholeMs: 60_000 });

/** A network map service with its own clock; what it answers may be tampered with. */
export class ServedMap {
  tamper: Tamper = (_question, answer) => answer;

  private constructor(
    readonly service: MapService,
    private readonly server: FastifyInstance,
    private readonly base: string,
    private readonly audit: AuditLog,
    private readonly folder: string,
  ) {}

  static async open(clock: Clock): Promise<ServedMap> {
    const folder = await mkdtemp(join(tmpdir(), 'served-map-'));
    const audit = await openAuditLog(join(folder, 'audit.jsonl'), () => clock.now(), silentLogger);
    const service = await MapService.open({
      ...{ clock, log: silentLogger, audit, roots: [authority.root.chain[0]], parameters },
      ...{ journal: join(folder, 'journal'), signIntervalMs: 0, maxNodes: 1_000, privateMaps: new Map() },
      signers: issueMapSigners(authority.root, settings),
    });
    const limits = { bodyBytes: 65_536, requestsPerMinute: 1_000_000, publishesPerMinute: 1_000_000 };
    const common = { clock, log: silentLogger, pollSeconds: POLL_SECONDS, trustedProxies: [] };
    const server = createMapServer(service, { ...common, ...limits });
    const base = await server.listen({ host: '127.0.0.1', port: 0 });
    return new ServedMap(service, server, base, audit, folder);
  }

  async close(): Promise<void> {
    await this.server.close();
    await this.service.stop();
    await this.audit.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Resolves when what was asked for before is in the map: one change comes after the other, and the map is signed in between. */
  async settled(): Promise<void> {
    await this.service.ban(nameOf('Z'));
  }

  readonly exchange: Exchange = async (question, signal) => {
    const { pathname, search } = question.url;
    return this.tamper(question, await ask({ ...question, url: new URL(`${pathname}${search}`, this.base) }, signal));
  };
}

export const nameOf = (letter: string): X500Name => X500Name.parse(`O=Party ${letter}, L=London, C=GB`);

export function identityOf(letter: string): Credential {
  return issueIdentity(issueNodeCa(authority.doorman, nameOf(letter), settings), 'ed25519', settings);
}

/** A NodeInfo in Corda's form. */
export function nodeInfoOf({ chain, privateKey }: Credential, serial = 1n, port = 10_002): Uint8Array {
  return signNodeInfoBlob({
    ...{ addresses: [{ host: 'party.example', port }], platformVersion: 12, serial },
    identities: [{ role: 'legal', certificates: chain, privateKey }],
  }).bytes;
}
