import { Argument } from 'commander';
import type { CliCommand } from './command';
import { bashCompletion } from './completion-bash';
import { fishCompletion } from './completion-fish';
import { completionPlaces } from './completion-places';
import { zshCompletion } from './completion-zsh';
import { EXIT } from './exit-codes';

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

export const completion: CliCommand = {
  words: ['completion'],
  summary: 'writes a script that has a shell complete commands, options and their values',
  details: `For this shell alone: source <(netmap completion bash). For all to come, put it where the shell looks for it.

Examples:
  netmap completion bash > ~/.local/share/bash-completion/completions/netmap
  netmap completion zsh > ~/.zfunc/_netmap
  netmap completion fish > ~/.config/fish/completions/netmap.fish`,
  configure: (command) => command.addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(SHELLS))),
  run({ program, output }, { args: [shell] }) {
    const script = SHELLS[shell as keyof typeof SHELLS](completionPlaces(program));
    output.result({ shell, script }, () => script);
    return Promise.resolve(EXIT.ok);
  },
};
