import { InvalidArgumentError, Option, type Command } from 'commander';
import { ConfigError } from '../config/config-error';
import { openDeadLetters, type OpenDeadLetters } from '../control/dead-letters/open';
import { CAUSES, type Cause, type DeadLetterFilter } from '../control/dead-letters/slices';
import { AddressBookError } from '../messaging/address-book-error';
import type { CommandContext } from './command';
import { EXIT, type ExitCode } from './exit-codes';

/** A time, or how long ago. */
export type Since = { readonly at: number } | { readonly agoMs: number };

export interface FilterOptions {
  readonly peer?: string;
  readonly cause?: Cause;
  readonly topic?: string;
  readonly since?: Since;
}

export interface ManyOptions extends FilterOptions {
  readonly all: boolean;
  readonly dryRun: boolean;
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export function filterOptions(command: Command): Command {
  return command
    .option('--peer <name>', 'from or for this peer, service or RPC user: X.500 name in any spelling, or id')
    .addOption(new Option('--cause <cause>', 'why they died').choices(CAUSES))
    .option('--topic <text>', 'of this topic')
    .option(
      '--since <time>',
      'died since then, such as 2026-02-28T12:00:00Z, or so long ago, such as 90m or 2d',
      since,
    );
}

export function manyOptions(command: Command, verb: string): Command {
  return filterOptions(command.argument('[id]', 'one dead letter, as list shows it'))
    .option('--all', `${verb} all there are`, false)
    .option('--dry-run', 'only tell what would happen', false);
}

/** For commander: an ISO time, or a number with its unit. */
export function since(text: string): Since {
  const [, number, unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (number !== undefined) return { agoMs: Number(number) * (UNITS[unit] ?? 0) };
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw new InvalidArgumentError('write a time such as 2026-02-28T12:00:00Z, or 90m, 12h, 2d.');
  return { at };
}

export async function filterOf(
  { idOf }: OpenDeadLetters,
  { peer, cause, topic, since: from }: FilterOptions,
  now: number,
): Promise<DeadLetterFilter> {
  return {
    ...(peer === undefined ? {} : { peer: await idOf(peer) }),
    ...(cause === undefined ? {} : { cause }),
    ...(topic === undefined ? {} : { topic }),
    ...(from === undefined ? {} : { since: 'at' in from ? from.at : now - from.agoMs }),
  };
}

export function isFiltered({ peer, cause, topic, since: from }: FilterOptions): boolean {
  return [peer, cause, topic, from].some((value) => value !== undefined);
}

/** Many are never meant by leaving something out. Throws ConfigError. */
export function checkMeant(id: string | undefined, options: ManyOptions, command: string): void {
  const ways = [id !== undefined, isFiltered(options), options.all].filter(Boolean).length;
  if (ways === 1) return;
  throw ConfigError.because(
    'CONFIG_INVALID',
    ways === 0 ? `netmap dead-letters ${command} does not know which` : 'an id, a filter and --all do not go together',
    'name one by its id, some by --peer, --cause, --topic or --since, or all by --all',
  );
}

/** Opens the dead letters for the work, and closes them whatever comes of it. */
export async function withDeadLetters(
  { loadConfig, clock, output }: CommandContext,
  work: (dead: OpenDeadLetters) => Promise<ExitCode>,
): Promise<ExitCode> {
  const dead = await openDeadLetters(await loadConfig(), clock);
  try {
    return await work(dead);
  } catch (error) {
    if (!(error instanceof AddressBookError)) throw error;
    output.error(error);
    return EXIT.usage;
  } finally {
    await dead.close();
  }
}
