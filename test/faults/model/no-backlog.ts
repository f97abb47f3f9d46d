import type { Backlog, BacklogView } from '../../../sidecar/control/backlog';

const NOTHING: BacklogView = { oldest: new Map(), deadLetters: { total: 0 } };

/** For worlds in which nobody asks what waits. */
export const noBacklog: Pick<Backlog, 'look' | 'view'> = {
  look: async () => undefined,
  view: () => NOTHING,
};
