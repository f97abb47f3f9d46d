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
  const troubles = findings.filter(({ verdict }) => verdict === 'warning' || verdict === 'fault');
  const shown = all ? findings : troubles;
  const count = (verdict: Finding['verdict']): number => findings.filter((one) => one.verdict === verdict).length;
  const summary = `${count('fault')} faults, ${count('warning')} warnings, ${count('ok')} well, ${count('not-applicable')} not looked at`;
  return [...shown.map(findingText), summary].join('\n');
}

function findingText({ id, verdict, cause, words, remedy }: Finding): string {
  const name = cause === undefined ? id : `${id}: ${cause}`;
  const lines = words.split('\n').map(printable);
  const [head, ...rest] =
    verdict === 'ok' || verdict === 'not-applicable' ? [`${name}: ${lines[0] ?? ''}`] : [name, ...lines];
  const todo = remedy === undefined ? [] : [`to do: ${printable(remedy)}`];
  return [`${MARKS[verdict]}${head}`, ...[...rest, ...todo].map((line) => `        ${line}`)].join('\n');
}
