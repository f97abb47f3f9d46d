import { writeFile } from 'node:fs/promises';
import { runScenario, type ScenarioRun, type SentMessage } from '../control/scenario/run-scenario';
import { loadScenario } from '../control/scenario/load-scenario';
import { ConfigError } from '../config/config-error';
import { messageOf } from '../lib/errors';
import type { CliCommand } from './command';
import { EXIT } from './exit-codes';
import { wholeNumber } from './option-values';

interface SimulateOptions {
  readonly seed?: number;
  readonly out?: string;
}

const MOST_SEED = 4_294_967_295;

export const simulate: CliCommand<SimulateOptions> = {
  words: ['simulate'],
  summary: 'runs a conversation on a network of memory, and draws what crossed',
  details: `The scenario says who is on the network, what goes wrong there, and who sends what to whom. Its time is simulated: it
needs no broker and no configuration, is over at once, and gives the same bytes for the same seed. The result is a sequence
diagram in Mermaid's language, or all events as JSON with --json.

Examples:
  netmap simulate broker-config/samples/scenarios/quotes.yaml
  netmap simulate broker-config/samples/scenarios/faults.yaml --seed 8 --out faults.mmd`,
  configure: (command) =>
    command
      .argument('<scenario>', 'a YAML file, described by broker-config/schemas/scenario.schema.json')
      .option('--seed <number>', "in place of the scenario's own", wholeNumber(0, MOST_SEED))
      .option('--out <file>', 'writes the result there'),
  async run({ output, signal }, { args: [file = ''], options: { seed, out } }) {
    const scenario = await loadScenario(file);
    const run = await runScenario(scenario, { signal, ...(seed === undefined ? {} : { seed }) });
    const value = { ...(run.network.toJSON() as object), sent: run.sent };
    output.note(summary(run));
    if (out === undefined) {
      output.result(value, () => run.network.trace.toMermaid(0));
      return EXIT.ok;
    }
    await written(out, output.json ? `${JSON.stringify(value)}\n` : run.network.trace.toMermaid(0));
    output.result({ file: out, events: run.network.trace.entries.length }, () => `written: ${out}`);
    return EXIT.ok;
  },
};

function summary({ network, sent }: ScenarioRun): string {
  const many = (what: SentMessage['outcome']): number => sent.filter(({ outcome }) => outcome === what).length;
  const parts = [
    `${sent.length} sent: ${many('stored')} stored`,
    `${many('replied')} replied`,
    `${many('failed')} failed`,
    `${many('waiting')} waiting`,
  ];
  return `${parts.join(', ')}; ${network.trace.entries.length} events`;
}

async function written(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    const remedy = 'name a file in a folder that can be written';
    throw ConfigError.because('CONFIG_UNREADABLE', `${file} cannot be written: ${messageOf(error)}`, remedy, error);
  }
}
