import { NodeError } from '../control/node-error';
import { StateFolder } from '../control/state-folder';
import type { NodeStatus } from '../control/status';
import type { CliCommand } from './command';
import { EXIT, type ExitCode } from './exit-codes';
import { statusText } from './status-text';

interface StatusOptions {
  readonly all: boolean;
}

export const status: CliCommand<StatusOptions> = {
  words: ['status'],
  summary: "shows this node's sidecar, broker, map and peers",
  details: `Exit code 0 when all is well; 3 when something is held, parked or waiting, or the broker is not ready; 4 when
no sidecar runs.
Example: netmap status --all`,
  configure: (command) => command.option('--all', 'idle peers, too', false),
  async run({ loadConfig, output, clock }, { options: { all } }) {
    const config = await loadConfig();
    const found = await new StateFolder(config.state).readStatus();
    if (found === undefined) {
      throw new NodeError('SIDECAR_UNREACHABLE', `no sidecar has run with ${config.state} yet`, {
        remedy: `start it: netmap run --config ${config.file}`,
      });
    }
    const { status: shown, alive } = found;
    output.result({ alive, ...shown }, () => statusText(shown, { alive, all, now: clock.now() }));
    return alive ? exitOf(shown) : EXIT.unreachable;
  },
};

function exitOf({ broker, map, held, peers, networkMap, rpcUsers, certificates }: NodeStatus): ExitCode {
  const asks = networkMap?.update?.isAccepted === false;
  const waiting = asks || peers.some(({ phase }) => phase === 'waiting');
  const well =
    broker.state === 'ready' &&
    held === undefined &&
    rpcUsers?.held === undefined &&
    certificates === undefined &&
    map.parked.length === 0 &&
    !waiting;
  return well ? EXIT.ok : EXIT.partly;
}
