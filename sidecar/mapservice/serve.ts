import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../lib/clock';
import { messageOf, NetmapError } from '../lib/errors';
import type { Logger } from '../lib/log';
import { openAuditLog } from './audit-log';
import { createMapServer } from './service-http';
import type { MapServiceConfig } from './map-service-config';
import { MapService } from './map-service';
import { createOperatorServer } from './operator-http';
import { ServiceMetrics } from './service-metrics';
import type { ServiceObserver } from './service-observer';
import { serviceOptions } from './service-options';
import { stateFiles } from './state-files';
import { lockState } from './state-lock';

/** MAP_SERVICE_LISTEN: an address to listen on cannot be had. */
export class ListenError extends NetmapError<'MAP_SERVICE_LISTEN'> {}

export interface ServedMap {
  readonly service: MapService;
  /** Base of the paths, such as http://127.0.0.1:10000. */
  readonly url: string;
  readonly operatorUrl: string | undefined;
  stop(): Promise<void>;
}

/**
 * Opens a service's state and nothing else, for work on it while no service runs; what is given back closes it, too.
 * Rejects with StoreError, ParametersPlanError or NetworkMapError.
 */
export async function openMapService(
  config: MapServiceConfig,
  clock: Clock,
  log: Logger,
  observer?: ServiceObserver,
): Promise<{ readonly service: MapService; readonly close: () => Promise<void> }> {
  await mkdir(config.state, { recursive: true, mode: 0o700 });
  const files = stateFiles(config.state);
  const unlock = await lockState(files.lock);
  const undo: (() => Promise<void>)[] = [unlock];
  const close = async (): Promise<void> => {
    for (const each of undo.splice(0).reverse()) await each();
  };
  try {
    const audit = await openAuditLog(files.audit, () => clock.now(), log);
    undo.push(() => audit.close());
    const service = await MapService.open(serviceOptions(config, { clock, log, audit, ...(observer && { observer }) }));
    undo.push(() => service.stop());
    return { service, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Serves a network map until `stop`. Rejects with what `openMapService` does, or ListenError. */
export async function serveMap(config: MapServiceConfig, clock: Clock, log: Logger): Promise<ServedMap> {
  const metrics = new ServiceMetrics(clock);
  const { service, close } = await openMapService(config, clock, log, metrics);
  metrics.watch(service);
  const servers: FastifyInstance[] = [];
  const stop = async (): Promise<void> => {
    for (const server of servers.splice(0)) await server.close();
    await close();
  };
  try {
    const { listen, limits, tls, operator, pollSeconds, trustedProxies } = config;
    const map = createMapServer(service, {
      ...{ clock, log, pollSeconds, trustedProxies, ...limits, observer: metrics },
      ...(tls === undefined ? {} : { tls: { key: tls.key.reveal(), chain: tls.chain } }),
    });
    servers.push(map);
    const url = await listenOn(map, listen, tls === undefined ? 'http' : 'https');
    if (operator === undefined) return { service, url, operatorUrl: undefined, stop };
    const door = createOperatorServer({ service, token: operator.token, log, metrics });
    servers.push(door);
    const operatorUrl = await listenOn(door, { host: '127.0.0.1', port: operator.port }, 'http');
    return { service, url, operatorUrl, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function listenOn(
  server: FastifyInstance,
  { host, port }: { readonly host: string; readonly port: number },
  scheme: 'http' | 'https',
): Promise<string> {
  try {
    await server.listen({ host, port });
  } catch (cause) {
    const message = `the map service cannot listen on ${host}:${port}: ${messageOf(cause)}`;
    throw new ListenError('MAP_SERVICE_LISTEN', message, { remedy: 'name another host or port', cause });
  }
  const { port: bound } = server.server.address() as AddressInfo;
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${bound}`;
}
