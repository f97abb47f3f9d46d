import { InvalidArgumentError } from 'commander';
import { DAY_MS } from '../certificates/forecast';
import { certificatesStatus, isAllGood, type CertificatesStatus } from '../control/certificates/certificates-status';
import type { CliCommand } from './command';
import { EXIT } from './exit-codes';
import { table } from './output';

interface CertificatesStatusOptions {
  readonly within: number;
}

export const certificatesStatusCommand: CliCommand<CertificatesStatusOptions> = {
  words: ['certificates', 'status'],
  summary: 'shows every certificate in sight: whose it is, how long it is valid, what that means now',
  details: `The node's own, those that they descend from, and those of its peers; the sidecar need not run.
Exit code 0 when all of them are good; 3 when one has ended, ends soon, is not valid yet or cannot be read.
Example: netmap certificates status --within 60d`,
  configure: (command) =>
    command.option('--within <time>', 'what ends so soon is told: 30d, 12h', timespan, 30 * DAY_MS),
  async run({ loadConfig, output, clock }, { options: { within } }) {
    const found = await certificatesStatus(await loadConfig(), within, clock);
    output.result(found, statusText);
    return isAllGood(found) ? EXIT.ok : EXIT.partly;
  },
};

const UNITS: Readonly<Record<string, number>> = { d: DAY_MS, h: DAY_MS / 24, m: DAY_MS / 1440 };

/** For commander: `30d`, `12h` or `90m`, as milliseconds. */
export function timespan(text: string): number {
  const [, digits, unit = ''] = /^(\d{1,5})([dhm])$/.exec(text) ?? [];
  const ms = UNITS[unit];
  if (digits === undefined || ms === undefined)
    throw new InvalidArgumentError('write it as 30d (days), 12h (hours) or 90m (minutes).');
  return Number(digits) * ms;
}

function statusText({ certificates, unread, peersUnknown }: CertificatesStatus): string {
  const rows = certificates.map(({ verdict, role, subject, notAfter, daysLeft, peer, from }) => [
    verdict,
    role,
    subject,
    new Date(notAfter).toISOString().slice(0, 10),
    daysLeft,
    peer ?? from,
  ]);
  return [
    table(['VERDICT', 'ROLE', 'SUBJECT', 'UNTIL', 'DAYS', 'FROM'], rows),
    ...unread.map(({ from, reason }) => `${from} cannot be read: ${reason}`),
    ...(peersUnknown === undefined
      ? []
      : [`the peers' certificates are not known: ${peersUnknown.code}: ${peersUnknown.message}`]),
  ].join('\n');
}
