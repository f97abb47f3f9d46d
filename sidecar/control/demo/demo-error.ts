import { NetmapError } from '../../lib/errors';

/**
 * - DEMO_PORTS: no ports are free for the map service and four nodes
 * - DEMO_NODE_ENDED: a process ended without having been told to
 * - DEMO_LATE: something did not come about in time
 * - DEMO_WRONG: something is not as it should be
 */
export class DemoError extends NetmapError<'DEMO_PORTS' | 'DEMO_NODE_ENDED' | 'DEMO_LATE' | 'DEMO_WRONG'> {}
