import { examine, type Finding } from '../control/doctor/examine';
import { Site } from '../control/doctor/site';
import { printable } from '../lib/log-text';
import type { CliCommand } from './command';
import { EXIT } from './exit-codes';
import { wholeNumber } from './option-values';

interface DoctorOptions {
  readonly peer?: string;
  readonly all: boolean;
  readonly timeout: number;
}

export const doctor: CliCommand<DoctorOptions> = {
  words: ['doctor'],
  summary: 'names the cause of what is wrong with this node, and what to do about it',
  details: `Changes nothing, and needs no running sidecar. What is first is the root of what comes after it.
Exit code 0 when no fault was found (there may be warnings), 1 when one was.

Examples:
  netmap doctor
  netmap doctor --peer "O=Party B, L=New York, C=US"
  netmap doctor --all --json`,
  configure: (command) =>
    command
      .option('--peer <name>', 'looks at the way to this peer, too: its X.500 name or its id')
      .option('--all', 'shows what is well and what was left out, too', false)
      .option('--timeout <milliseconds>', 'for each answer over the network', wholeNumber(100, 600_000), 5_000),
  async run({ configFile, clock, environment, output }, { options: { peer, all, timeout } }) {
    const asked = peer === undefined ? {} : { peer };
    const site = new Site({ configFile, clock, environment, timeoutMs: timeout, ...asked });
    try {
      const findings = await examine(site);
      const healthy = findings.every(({ verdict }) => verdict !== 'fault');
      output.result({ healthy, findings }, () => findingsText(findings, all));
      return healthy ? EXIT.ok : EXIT.failed;
    } finally {
      await site.close();
    }
  },
};

const MARKS: Readonly<Record<Finding['verdict'], string>> = {
  ok: 'ok      ',
  warning: 'WARNING ',
  fault: 'FAULT   ',
  'not-applicable': '-       ',
};

function findingsText(findings: readonly Finding[], all: boolean): string {
  const of = (verdict: Finding['verdict']): Finding[] => findings.filter((one) => one.verdict === verdict);
  const [faults, warnings] = [of('fault'), of('warning')];
  const shown = all ? findings : [...faults, ...warnings];
  const counts = [counted(faults.length, 'fault'), counted(warnings.length, 'warning'), `${of('ok').length} well`];
  return [...shown.map(findingText), `${counts.join(', ')}, ${of('not-applicable').length} not looked at`].join('\n');
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function findingText({ id, verdict, cause, words, remedy }: Finding): string {
  const name = cause === undefined ? id : `${id}: ${cause}`;
  const lines = words.split('\n').map(printable);
  const [head, ...rest] =
    verdict === 'ok' || verdict === 'not-applicable' ? [`${name}: ${lines[0] ?? ''}`] : [name, ...lines];
  const todo = remedy === undefined ? [] : [`to do: ${printable(remedy)}`];
  return [`${MARKS[verdict]}${head}`, ...[...rest, ...todo].map((line) => `        ${line}`)].join('\n');
}
