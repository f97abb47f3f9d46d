import { stringify } from 'yaml';
import { checkReferences } from '../config/check-references';
import type { Config } from '../config/config';
import type { CliCommand } from './command';
import { EXIT } from './exit-codes';

export const configCheck: CliCommand = {
  words: ['config', 'check'],
  summary: 'checks the configuration and shows it with every default',
  details: `Secrets are not shown, only where they lie. Looks too whether the files that it names can be used.
Example: netmap config check --config ./netmap.yaml`,
  async run({ output, loadConfig }) {
    const config = await loadConfig();
    const errors = await checkReferences(config);
    for (const error of errors) output.error(error);
    if (errors.length > 0) return EXIT.usage;
    output.result(config, configText);
    return EXIT.ok;
  },
};

function configText({ file, ...settings }: Config): string {
  return `# ${file}, with every default, paths absolute\n${stringify(settings, { lineWidth: 0 })}`;
}
