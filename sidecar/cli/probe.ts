import { runMatrix, type MatrixCell } from '../broker/probe/run-matrix';
import { previewPlan } from '../control/preview-plan';
import { probeClients } from '../control/probe-clients';
import { withProgress } from '../lib/progress';
import type { CliCommand } from './command';
import { EXIT } from './exit-codes';
import { table } from './output';

interface Options {
  readonly all: boolean;
  readonly timeout: string;
  readonly user?: string;
  readonly passwordFile?: string;
  readonly peerKey?: string;
  readonly peerChain?: string;
}

export const probe: CliCommand<Options> = {
  words: ['probe'],
  summary: 'tries who may do what at the running broker, and compares with the plan',
  details: `Each client at each acceptor, in each protocol, at each kind of address; nothing is sent for good, nothing taken.
Example: netmap probe --user operator --password-file ./operator-password
Exit code 0 when the broker does as planned, 3 when something differs.`,
  configure: (command) =>
    command
      .option('--all', 'shows every access, not only what differs', false)
      .option('--timeout <milliseconds>', 'for each answer of the broker', '3000')
      .option('--user <name>', 'tries as this RPC user, too')
      .option('--password-file <file>', 'his password')
      .option('--peer-key <file>', 'tries as this node of the map, too: its TLS key, PEM')
      .option('--peer-chain <file>', 'its TLS chain, leaf first, PEM'),
  async run({ loadConfig, output, clock, progress, signal }, { options }) {
    const config = await loadConfig();
    const { plan, material, snapshot } = await previewPlan(config, clock);
    const clients = await probeClients({ ...options, material, clock, peers: snapshot.peers.map(({ peer }) => peer) });
    const cells = await withProgress('probing', progress, (shown) =>
      runMatrix({
        plan,
        clients,
        brokerCertificate: material.stores.ownCertificate,
        ...(material.stores.rpc === undefined ? {} : { rpcCertificate: material.stores.rpc.chain }),
        host: config.management.host,
        timeoutMs: Number(options.timeout),
        signal,
        onProgress: (done, total) => shown.update({ done, total, unit: 'accesses' }),
      }),
    );
    output.result(summary(cells, options.all), ({ shown, tried, different }) =>
      [
        ...(shown.length === 0 ? [] : [cellTable(shown)]),
        `${tried} accesses tried, ${different} other than planned`,
      ].join('\n'),
    );
    return cells.every(({ same }) => same) ? EXIT.ok : EXIT.partly;
  },
};

function summary(cells: readonly MatrixCell[], all: boolean) {
  const different = cells.filter(({ same }) => !same);
  return { tried: cells.length, different: different.length, shown: (all ? cells : different).map(line) };
}

/** No password is shown. */
function line({ client, access: { acceptor, protocol, action, address }, expected, found, same }: MatrixCell) {
  return { client, acceptor, protocol, action, address, expected, found, same };
}

function cellTable(shown: readonly ReturnType<typeof line>[]): string {
  const rows = shown.map((cell) => [
    cell.client,
    `${cell.acceptor} ${cell.protocol}`,
    cell.action,
    cell.address,
    verdict(cell.expected),
    `${verdict(cell.found)}${cell.same ? '' : ` (${cell.found.words})`}`,
  ]);
  return table(['CLIENT', 'ACCEPTOR', 'ACTION', 'ADDRESS', 'PLANNED', 'FOUND'], rows);
}

function verdict({ at }: { readonly at: string }): string {
  if (at === 'unknown') return 'no answer';
  return at === '-' ? 'allowed' : `refused: ${at}`;
}
