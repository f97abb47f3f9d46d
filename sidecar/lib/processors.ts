import { cpus } from 'node:os';

/** The processors of this machine, and how long they had nothing to do. */
export interface Processors {
  /** 0 where the system does not tell. */
  readonly count: number;
  /** Of all of them together since some moment in the past, milliseconds. */
  idledMs(): number;
}

export const systemProcessors: Processors = {
  count: cpus().length,
  idledMs: () => cpus().reduce((sum, { times }) => sum + times.idle, 0),
};
