import { readFile } from 'node:fs/promises';
import type { Config } from '../config/config';
import { ConfigError } from '../config/config-error';
import type { Clock } from '../lib/clock';
import { messageOf } from '../lib/errors';
import { cordaForm } from '../sources/http/corda-form';
import { httpExchange } from '../sources/http/exchange';
import { jsonForm } from '../sources/http/json-form';
import { MapClient } from '../sources/http/map-client';
import type { MapForm } from '../sources/http/map-form';

/** The way to the network map service that the configuration names. */
export interface MapAccess {
  readonly client: MapClient;
  readonly form: MapForm;
  readonly format: 'corda' | 'json';
}

const SILENCE_MS = 30_000;
/** All NodeInfos of 10,000 nodes come through a slow line in this time. */
const WHOLE_MS = 600_000;

/** Undefined where no service is configured. Throws ConfigError for a file that cannot be read. */
export async function mapAccess(config: Config, platformVersion: number, clock: Clock): Promise<MapAccess | undefined> {
  const networkMap = config.sources.find((source) => source.networkMap !== undefined)?.networkMap;
  if (networkMap === undefined) return undefined;
  const { url, format, trust } = networkMap;
  const form = format === 'corda' ? cordaForm : jsonForm;
  const trusted = trust === undefined ? {} : { trust: await textOf(trust) };
  const exchange = httpExchange({ clock, silenceMs: SILENCE_MS, wholeMs: WHOLE_MS, ...trusted });
  const { mediaType } = form;
  return { client: new MapClient({ url: new URL(url), exchange, mediaType, platformVersion }), form, format };
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const message = `${path} cannot be read: ${messageOf(error)}`;
    throw ConfigError.because('CONFIG_MISSING', message, 'check the path and its mode', error);
  }
}
