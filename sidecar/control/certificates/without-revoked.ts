import { mkdir, readFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCertificates, type Certificate } from '../../certificates/certificate';
import { RevocationError } from '../../certificates/revocation-error';
import type { Config, RevocationConfig, RevocationListConfig } from '../../config/config';
import { ConfigError } from '../../config/config-error';
import { writeFileAtomic } from '../../lib/atomic-file';
import type { Clock } from '../../lib/clock';
import { sha256Hex } from '../../lib/digest';
import { messageOf } from '../../lib/errors';
import { httpExchange } from '../../sources/http/exchange';
import { fileOrigin, urlOrigin, type ListOrigin } from '../../sources/revocation/list-origin';
import { RevocationGuard } from '../../sources/revocation/revocation-guard';
import { RevocationLists, type KeptLists } from '../../sources/revocation/revocation-lists';
import type { MapSource } from '../../sources/source';
import type { NodeMaterial } from '../node-material';

export interface RevocationInput {
  readonly config: Config;
  readonly material: NodeMaterial;
  readonly clock: Clock;
  /** Lists of services as they are kept on disk; nobody is asked. */
  readonly offline?: boolean;
}

const FILE_MS = 5_000;
const SILENCE_MS = 15_000;
const WHOLE_MS = 60_000;

/** The source as the configured revocation lists leave it; the source itself where there are none. Throws ConfigError. */
export function withoutRevoked(source: MapSource, input: RevocationInput): MapSource {
  const { config, material, clock } = input;
  const { revocation } = config.certificates;
  if (revocation === undefined) return source;
  const cas = (): readonly Certificate[] => casOf(material);
  return new RevocationGuard({
    source,
    lists: listsOf(revocation, cas, input),
    failure: revocation.failure,
    cas,
    clock,
  });
}

/** The revocation lists of the configuration, not started. Throws ConfigError for a file that cannot be read. */
export function listsOf(
  revocation: RevocationConfig,
  cas: () => readonly Certificate[],
  { config, clock, offline = false }: Omit<RevocationInput, 'material'>,
): RevocationLists {
  const origins = revocation.lists.map((list) => originOf(list, revocation.refreshSeconds * 1000, clock, offline));
  return new RevocationLists({ origins, cas, kept: keptIn(join(config.state, 'revocation')), clock });
}

/** Who may sign revocation lists: the roots, the CAs above the own certificate, and those that the configuration adds. */
export function casOf({
  roots,
  stores,
  issuers = [],
}: Pick<NodeMaterial, 'roots' | 'stores' | 'issuers'>): Certificate[] {
  return [...roots, ...parseCertificates(stores.nodeChain).filter(({ isCa }) => isCa), ...issuers];
}

function originOf(
  { file, url = '', trust }: RevocationListConfig,
  refreshMs: number,
  clock: Clock,
  offline: boolean,
): ListOrigin {
  if (file !== undefined) return fileOrigin(file, FILE_MS);
  if (offline) return neverAsked(url, refreshMs);
  const trusted = trust === undefined ? {} : { trust: textOf(trust) };
  const exchange = httpExchange({ clock, silenceMs: SILENCE_MS, wholeMs: WHOLE_MS, ...trusted });
  return urlOrigin(new URL(url), refreshMs, exchange);
}

function neverAsked(name: string, everyMs: number): ListOrigin {
  const error = new RevocationError('REVOCATION_LIST_UNREACHABLE', `no sidecar has fetched the list of ${name} yet`, {
    remedy: 'start it: netmap run',
  });
  return { name: new URL(name).href, everyMs, read: () => Promise.reject(error) };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const message = `${path} cannot be read: ${messageOf(error)}`;
    throw ConfigError.because('CONFIG_MISSING', message, 'check the path and its mode', error);
  }
}

function keptIn(folder: string): KeptLists {
  const fileOf = (name: string): string => join(folder, `${sha256Hex(name)}.crl`);
  return {
    read: (name) => readFile(fileOf(name)).catch(() => undefined),
    async write(name, bytes) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFileAtomic(fileOf(name), bytes, { mode: 0o600 });
    },
  };
}
