import { mkdir } from 'node:fs/promises';
import { InvalidArgumentError } from 'commander';
import { ConfigError } from '../config/config-error';
import { ReleaseFile } from '../control/maintenance/release-file';
import { PauseFile } from '../control/pause-file';
import { StateFolder } from '../control/state-folder';
import type { CliCommand } from './command';
import { since } from './dead-letters-options';
import { EXIT } from './exit-codes';

interface PauseOptions {
  readonly for?: number;
  readonly until?: number;
}

export const pause: CliCommand<PauseOptions> = {
  words: ['pause'],
  summary: 'has this node take no changes of the network map, until netmap resume or a time',
  details: `Messages, bridges and RPC users go on. Nobody joins, moves or leaves meanwhile, not even who is to be shut out: the newest
map goes live when the pause ends. It outlives a restart of the sidecar, which takes the map once at its start. netmap status
shows it, and ends with exit code 3; netmap plan shows what waits.

Examples:
  netmap pause
  netmap pause --for 2h
  netmap pause --until 2030-01-31T06:00:00Z`,
  configure: (command) =>
    command
      .option('--for <duration>', 'ends by itself after so long, such as 90m, 2h or 1d', durationMs)
      .option('--until <time>', 'ends by itself then, such as 2030-01-31T06:00:00Z', time),
  async run({ loadConfig, output, clock }, { options }) {
    const { state } = await loadConfig();
    const now = clock.now();
    const until = options.for === undefined ? options.until : now + options.for;
    if (options.for !== undefined && options.until !== undefined)
      throw ConfigError.because('CONFIG_INVALID', '--for and --until do not go together', 'give one of them');
    if (until !== undefined && until <= now)
      throw ConfigError.because('CONFIG_INVALID', 'a pause cannot end in the past', 'give a later time');
    await mkdir(state, { recursive: true, mode: 0o700 });
    await new PauseFile(state).write({ since: now, ...(until === undefined ? {} : { until }) });
    const end = until === undefined ? null : new Date(until).toISOString();
    const alive = (await new StateFolder(state).readStatus())?.alive === true;
    output.result({ pausedUntil: end, alive }, () =>
      [
        `paused until ${end ?? 'netmap resume'}: changes of the network map are held`,
        ...(alive ? [] : ['no sidecar runs; it holds for the next one, after its start']),
      ].join('\n'),
    );
    return EXIT.ok;
  },
};

export const resume: CliCommand = {
  words: ['resume'],
  summary: 'ends a pause, and lets through what waits for a maintenance window: the newest network map goes live',
  details: `What comes later waits for its window again.
Example: netmap resume`,
  async run({ loadConfig, output, clock }) {
    const { state, maintenance } = await loadConfig();
    const file = new PauseFile(state);
    // What is damaged is removed, too.
    const was = await file.read(clock.now()).catch(() => ({ since: clock.now() }));
    await file.remove();
    const hasWindows = maintenance.length > 0;
    if (hasWindows) {
      await mkdir(state, { recursive: true, mode: 0o700 });
      await new ReleaseFile(state).write(clock.now());
    }
    const waited = hasWindows ? '; what waited for a maintenance window goes live' : '';
    output.result({ wasPaused: was !== undefined, released: hasWindows }, ({ wasPaused }) => {
      return `${wasPaused ? 'goes on' : 'was not paused'}${waited}`;
    });
    return EXIT.ok;
  },
};

function durationMs(text: string): number {
  const found = /^[1-9]\d*[smhd]$/.test(text) ? since(text) : undefined;
  if (found !== undefined && 'agoMs' in found) return found.agoMs;
  throw new InvalidArgumentError('write a duration such as 90m, 2h or 1d.');
}

function time(text: string): number {
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new InvalidArgumentError('write a time such as 2030-01-31T06:00:00Z.');
}
