import { Argument } from 'commander';
import { resolve } from 'node:path';
import { dropRoot, needersOf } from '../control/certificates/rollover/drop-root';
import { RolloverError } from '../control/certificates/rollover/rollover-error';
import { rolloverStatus } from '../control/certificates/rollover/rollover-status';
import { isNeeded } from '../control/certificates/rollover/root-needs';
import { trustRoot } from '../control/certificates/rollover/trust-root';
import { useRoot } from '../control/certificates/rollover/use-root';
import type { CliCommand, CommandContext } from './command';
import { EXIT, type ExitCode } from './exit-codes';
import { rolloverText, shownRoot } from './rollover-text';

interface RolloverOptions {
  readonly root?: string;
  readonly key?: string;
  readonly chain?: string;
  readonly identity?: string;
  readonly nodeInfo?: string;
  readonly force?: true;
}

const STEPS = ['status', 'trust', 'use', 'drop'] as const;
type Step = (typeof STEPS)[number];

export const certificatesRollover: CliCommand<RolloverOptions> = {
  words: ['certificates', 'rollover'],
  summary: 'goes from one root of the network to the next: trust the new, use the new, drop the old',
  details: `Each step is taken by all nodes before anybody takes the next. A sidecar that runs follows within seconds.
  status  what each trusted root is still needed for, and which step is next (without a step: this)
  trust   the root of --root is trusted besides the others
  use     --key and --chain, issued under the new root, take the place of those that the configuration names; with
          them --identity (a node that makes its own NodeInfo) or --node-info (a node that is given one)
  drop    the old root is trusted no more; refused while this node, a peer, the network map or a revocation list
          needs it; --force: only this node must not
What is refused changes nothing. Whether peers trust the new root cannot be seen from here: who does not refuses this
node's new connections after "use", and messages wait. Corda networks only: in a Swaptacular network the root is the node.
Exit code of status 0: one root is trusted, and no step is open; 3: a roll-over is under way.
  netmap certificates rollover
  netmap certificates rollover trust --root new-root.pem
  netmap certificates rollover use --key new-tls-key.pem --chain new-tls.pem --identity new-identity.pem
  netmap certificates rollover drop`,
  configure: (command) =>
    command
      .addArgument(new Argument('[step]', 'the step to take').choices(STEPS).default('status'))
      .option('--root <root>', 'trust: file of the new root, PEM; drop: first characters of its fingerprint')
      .option('--key <file>', 'use: key of the new TLS certificate, PEM')
      .option('--chain <file>', 'use: new TLS certificate, node CA and so on, PEM')
      .option('--identity <file>', 'use: new chain of the legal identity, whose key stays, PEM')
      .option('--node-info <file>', 'use: the NodeInfo with the new certificates')
      .option('--force', 'drop: peers and others may still need it'),
  async run(context, { args: [step = 'status'], options }) {
    checkOptions(step as Step, options);
    return TAKE[step as Step](context, options);
  },
};

const OPTIONS_OF: Readonly<Record<Step, readonly (keyof RolloverOptions)[]>> = {
  status: [],
  trust: ['root'],
  use: ['key', 'chain', 'identity', 'nodeInfo'],
  drop: ['root', 'force'],
};

const TAKE: Readonly<Record<Step, (context: CommandContext, options: RolloverOptions) => Promise<ExitCode>>> = {
  async status({ loadConfig, clock, output }) {
    const status = await rolloverStatus(await loadConfig(), clock);
    output.result(status, rolloverText);
    return status.state === 'none' ? EXIT.ok : EXIT.partly;
  },
  async trust({ loadConfig, clock, output }, { root }) {
    const file = needed(root, '--root FILE: the new root');
    const added = await trustRoot(await loadConfig(), file, clock);
    output.result({ trusted: shownRoot(added) }, () => `${shownRoot(added)} is trusted now`);
    output.note('When every node trusts it: netmap certificates rollover use');
    return EXIT.ok;
  },
  async use({ loadConfig, clock, output }, { identity, nodeInfo, ...options }) {
    const key = needed(options.key, '--key FILE: the new TLS key');
    const chain = needed(options.chain, '--chain FILE: the new TLS certificate and those above it');
    const config = await loadConfig();
    const others = {
      ...(identity === undefined ? {} : { identity: resolve(identity) }),
      ...(nodeInfo === undefined ? {} : { nodeInfo: resolve(nodeInfo) }),
    };
    const { root, tls } = await useRoot({ config, clock, key, chain, ...others });
    const result = { uses: shownRoot(root), serial: tls.serial, validUntil: new Date(tls.notAfter).toISOString() };
    output.result(result, ({ uses, validUntil }) => `certificates of ${uses} are in place, valid until ${validUntil}`);
    output.note(
      'When nothing needs the old root any more (netmap certificates rollover): netmap certificates rollover drop',
    );
    return EXIT.ok;
  },
  async drop({ loadConfig, clock, output }, { root: fingerprint, force = false }) {
    const config = await loadConfig();
    const needs = await dropRoot({ config, clock, force, ...(fingerprint === undefined ? {} : { fingerprint }) });
    const { root, peers } = needs;
    output.result({ dropped: shownRoot(root), peers }, ({ dropped }) => `${dropped} is trusted no more`);
    if (isNeeded(needs)) output.note(`It was still needed by ${needersOf(needs)}`);
    return EXIT.ok;
  },
};

function checkOptions(step: Step, options: RolloverOptions): void {
  const odd = (Object.keys(options) as (keyof RolloverOptions)[]).find((name) => !OPTIONS_OF[step].includes(name));
  if (odd === undefined) return;
  const flag = `--${odd.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  throw new RolloverError('ROLLOVER_ARGUMENT', `${flag} has no meaning for the step ${step}`, {
    remedy: 'see netmap certificates rollover --help',
  });
}

function needed(value: string | undefined, what: string): string {
  if (value !== undefined) return resolve(value);
  throw new RolloverError('ROLLOVER_ARGUMENT', `this step needs ${what}`, {
    remedy: 'see netmap certificates rollover --help',
  });
}
