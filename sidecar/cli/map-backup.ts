import { resolve } from 'node:path';
import { withProgress } from '../lib/progress';
import { loadMapServiceConfig, loadOperatorAccess } from '../mapservice/map-service-config';
import { restoreBackup } from '../mapservice/restore-backup';
import { checkFree, takeBackup, writeBackup } from '../mapservice/take-backup';
import type { CliCommand, CommandInput } from './command';
import { EXIT } from './exit-codes';

export const mapBackup: CliCommand = {
  words: ['map', 'backup'],
  summary: 'writes all that a map service keeps into one file, sealed, while it runs or not',
  details: `--config names the configuration of the service. A running service is asked at its operator's entrance.
Example: netmap map backup ./map-2030-01-31 --config ./map-service.yaml`,
  configure: (command) =>
    command
      .argument('<file>', 'file to write, mode 0600')
      .option('--force', 'replaces a file that is there already', false),
  async run(context, { args: [path = ''], options }: CommandInput<{ readonly force?: boolean }>) {
    const { clock, signal, output, createLog, progress } = context;
    const mayReplace = options.force === true;
    const begun = clock.now();
    await checkFree(resolve(path), mayReplace);
    const access = await loadOperatorAccess(context.configFile);
    const log = createLog({ level: 'warn', format: 'auto' });
    const taken = await withProgress('taking the backup', progress, () => takeBackup(access, { clock, signal, log }));
    const file = await writeBackup(path, taken, mayReplace);
    const { content, bytes, wasRunning } = taken;
    const milliseconds = clock.now() - begun;
    const result = { file, nodes: content.registry.size, bytes: bytes.length, milliseconds, wasRunning };
    output.result(
      { ...result, at: new Date(begun).toISOString() },
      ({ at }) =>
        `backed up: ${result.nodes} nodes, ${result.bytes} bytes, as of ${at}, in ${milliseconds} ms: ${file}`,
    );
    return EXIT.ok;
  },
};

export const mapRestore: CliCommand = {
  words: ['map', 'restore'],
  summary: "puts a backup in the place of a map service's state; the service must not run",
  details: `All of the backup is verified first: its seal, each NodeInfo, and that the service starts with it and its settings. The
state that was there is kept beside it.
Example: netmap map restore ./map-2030-01-31 --config ./map-service.yaml`,
  configure: (command) =>
    command
      .argument('<file>', 'what map backup has written')
      .option('--plain', 'takes a plain copy of a journal, too, as far as it goes', false),
  async run(context, { args: [path = ''], options }: CommandInput<{ readonly plain?: boolean }>) {
    const { clock, output, createLog, progress } = context;
    const begun = clock.now();
    const config = await loadMapServiceConfig(context.configFile);
    const log = createLog({ level: 'warn', format: 'auto' });
    const isPlain = options.plain === true;
    const restored = await withProgress('verifying the backup', progress, () =>
      restoreBackup(resolve(path), config, { clock, log, isPlain }),
    );
    const result = { ...restored, previous: restored.previous ?? null, milliseconds: clock.now() - begun };
    output.result(result, ({ nodes, bytes, cutBytes, previous, milliseconds }) =>
      [
        `restored: ${nodes} nodes, ${bytes} bytes, in ${milliseconds} ms`,
        ...(cutBytes === 0 ? [] : [`left out at the end of the copy: ${cutBytes} bytes of a record that is not whole`]),
        previous === null ? 'no state was there before' : `the state that was there before: ${previous}`,
      ].join('\n'),
    );
    return EXIT.ok;
  },
};
