import type { MapServiceConfig } from './map-service-config';
import type { MapServiceOptions } from './map-service';
import { stateFiles } from './state-files';

/** What a service is opened with by these settings, with its journal in the state folder. */
export function serviceOptions(
  config: MapServiceConfig,
  own: Pick<MapServiceOptions, 'clock' | 'log' | 'audit' | 'observer'>,
): MapServiceOptions {
  const { roots, parameters, update, privateMaps, mapSigner, parametersSigner, signSeconds, limits, state } = config;
  return {
    ...own,
    ...{ roots, parameters, privateMaps },
    ...(update === undefined ? {} : { update }),
    journal: stateFiles(state).journal,
    signers: { map: mapSigner, parameters: parametersSigner },
    signIntervalMs: signSeconds * 1000,
    maxNodes: limits.nodes,
  };
}
