import { X500Name } from '../certificates/x500-name';
import { loadOperatorAccess } from '../mapservice/map-service-config';
import { askOperator } from '../mapservice/operator-client';
import type { OperatorAction } from '../mapservice/operator-http';
import type { CliCommand } from './command';
import { EXIT } from './exit-codes';
import { atRest } from './map-at-rest';
import { table } from './output';

const details = `--config names the configuration of the service. A running service is asked at its operator's entrance; while none
runs, its state folder is changed.
Example: netmap map`;

export const mapRemove = nameCommand(
  'remove',
  'takes a node out of the map of a map service; it may publish again',
  'removed',
);
export const mapBan = nameCommand(
  'ban',
  'takes a node out of the map of a map service, and refuses it from now on',
  'banned',
);
export const mapUnban = nameCommand('unban', 'lets a banned node publish again', 'no longer banned');

interface ListedNode {
  readonly name: string;
  readonly form: string;
  readonly serial: string;
  readonly refreshedAt: number;
  readonly acknowledgedAt?: number;
}

interface Listing {
  readonly nodes: readonly ListedNode[];
  readonly banned: readonly string[];
}

export const mapNodes: CliCommand = {
  words: ['map', 'nodes'],
  summary:
    'lists the nodes of a map service: when they were heard, who accepts the update of parameters, who is banned',
  details: `${details} nodes --config ./map-service.yaml`,
  async run(context) {
    const { operator } = await loadOperatorAccess(context.configFile);
    const answer = operator && (await askOperator(operator, 'nodes', context.signal));
    const listing =
      answer === undefined
        ? await atRest(context, async (service) => ({ nodes: service.nodes(), banned: service.banned() }))
        : (answer.value as Listing);
    context.output.result(listing, listingText);
    return EXIT.ok;
  },
};

function nameCommand(action: OperatorAction, summary: string, done: string): CliCommand {
  return {
    words: ['map', action],
    summary,
    details: `${details} ${action} "O=Party A, L=London, C=GB" --config ./map-service.yaml`,
    configure: (command) => command.argument('<name>', "the node's X.500 name"),
    async run(context, { args: [text = ''] }) {
      const name = X500Name.parse(text);
      const { operator } = await loadOperatorAccess(context.configFile);
      const answer = operator && (await askOperator(operator, action, context.signal, name.toCorda()));
      if (answer === undefined) await atRest(context, (service) => service[action](name));
      const wasRunning = answer !== undefined;
      context.output.result(
        { outcome: action, name: name.toCorda(), wasRunning },
        ({ name: shown }) => `${shown}: ${done}`,
      );
      return EXIT.ok;
    },
  };
}

function listingText({ nodes, banned }: Listing): string {
  const timeOf = (at: number | undefined): string => (at === undefined ? '' : new Date(at).toISOString());
  const rows = nodes.map(({ name, form, serial, refreshedAt, acknowledgedAt }) => {
    return [name, form, serial, timeOf(refreshedAt), timeOf(acknowledgedAt)];
  });
  const shown = table(['node', 'form', 'serial', 'last heard', 'accepts the update since'], rows);
  return [shown, ...banned.map((name) => `banned: ${name}`)].join('\n');
}
