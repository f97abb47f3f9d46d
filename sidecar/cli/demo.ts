import { randomBytes } from 'node:crypto';
import { Option } from 'commander';
import { runDemo } from '../control/demo/run-demo';
import { runSwaptacularDemo } from '../control/demo/swaptacular/run-swaptacular-demo';
import { startProgress, type Progress } from '../lib/progress';
import type { CliCommand } from './command';
import { stepText } from './demo-text';
import { EXIT } from './exit-codes';

interface DemoCommandOptions {
  readonly keep: boolean;
  readonly profile: 'corda' | 'swaptacular';
}

export const demo: CliCommand<DemoCommandOptions> = {
  words: ['demo'],
  summary:
    'shows a network at work: a map service, three nodes with a broker each, then a fourth; or two Swaptacular nodes',
  details: `Everything runs on this machine, in a temporary folder and in processes of its own, and is taken away at the end
and on Ctrl-C. Needs about a minute and 2 GB of memory. Exit code 0 when every step went as it should.

Examples:
  netmap demo
  netmap demo --profile swaptacular --keep`,
  configure: (command) =>
    command
      .addOption(new Option('--profile <kind>', 'kind of network').choices(['corda', 'swaptacular']).default('corda'))
      .option('--keep', 'leave the folder, with configurations and logs', false),
  async run({ output, clock, progress, environment, signal }, { options: { keep, profile } }) {
    let shown: Progress | undefined;
    const end = (): void => {
      shown?.end();
      shown = undefined;
    };
    const begin = (title: string): void => {
      end();
      shown = startProgress(title, progress);
    };
    try {
      const play = profile === 'swaptacular' ? runSwaptacularDemo : runDemo;
      const { folder, tookMs } = await play({
        environment: { ...environment },
        clock,
        random: Math.random,
        randomBytes,
        keep,
        signal,
        onBegin: begin,
        onStep: (step) => {
          end();
          output.result(step, stepText);
        },
        onDownload: ({ bytes, total }) => bytes > 0 && shown?.update({ done: bytes, total, unit: 'bytes' }),
      });
      end();
      const where = keep ? { folder } : {};
      output.result({ done: true, tookMs, ...where }, () => {
        const kept = keep ? `; the folder is left: ${folder}` : '; everything is taken away again';
        return `all as it should be, after ${(tookMs / 1000).toFixed(1)} s${kept}`;
      });
      return EXIT.ok;
    } finally {
      end();
    }
  },
};
