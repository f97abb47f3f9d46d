import type { MapService } from '../mapservice/map-service';
import { loadMapServiceConfig } from '../mapservice/map-service-config';
import { openMapService } from '../mapservice/serve';
import type { CommandContext } from './command';

/** Works on the state of a service that does not run. */
export async function atRest<Result>(
  context: CommandContext,
  work: (service: MapService) => Promise<Result>,
): Promise<Result> {
  const log = context.createLog({ level: 'warn', format: 'auto' });
  const { service, close } = await openMapService(await loadMapServiceConfig(context.configFile), context.clock, log);
  try {
    return await work(service);
  } finally {
    await close();
  }
}
