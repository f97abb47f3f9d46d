import { join, resolve } from 'node:path';
import { NetmapError } from '../lib/errors';
import { printable } from '../lib/log-text';
import { withProgress } from '../lib/progress';
import type { NodeInfoFile } from '../mapservice/admit-files';
import { loadMapServiceConfig, loadOperatorAccess } from '../mapservice/map-service-config';
import { askOperator, fetchFromOperator, OperatorError } from '../mapservice/operator-client';
import { readBackup } from '../mapservice/read-backup';
import { Registry } from '../mapservice/registry';
import { signFolder, type SignedFolder } from '../mapservice/sign-folder';
import type { SignedMap } from '../mapservice/signed-map';
import { listNodeInfoFiles, readBounded } from '../sources/directory-files';
import type { CliCommand, CommandContext, CommandInput } from './command';
import { EXIT } from './exit-codes';
import { atRest } from './map-at-rest';

interface SignOptions {
  readonly out?: string;
  readonly nodeInfos?: string;
  readonly skipRefused?: boolean;
}

const MAX_BYTES = 1024 * 1024;

export const mapSign: CliCommand = {
  words: ['map', 'sign'],
  summary: 'signs the network map now: that of a running map service, or one for a folder that a web server serves',
  details: `--config names the configuration of the service. In the folder, nodes find what they ask for below corda or json, in that form:
  networkMap: { url: https://map.example/corda }
where the web server gives network-map/index for network-map, such as nginx with
  location ~ ^/(corda|json)/network-map$ { try_files $uri/index =404; }
  add_header X-Corda-Server-Version 2;
Parameters, bans and NodeInfos come from the state of the service, which is made when there is none yet.
Exit code 1 when a NodeInfo is refused and nothing was written, 3 when the map was written without those refused.

Examples:
  netmap map sign --config ./map-service.yaml
  netmap map sign --out ./signed --node-infos ./node-infos --config ./map-service.yaml`,
  configure: (command) =>
    command
      .option('--out <folder>', 'writes the signed files into this folder')
      .option('--node-infos <folder>', 'with --out: what is to be in the map, instead of all that the state holds')
      .option('--skip-refused', 'with --out: writes the map without NodeInfos that are refused', false),
  async run(context, { options }: CommandInput<SignOptions>) {
    if (options.out === undefined) return signAtService(context);
    const { output, clock, configFile, progress } = context;
    const config = await loadMapServiceConfig(configFile);
    const folder = resolve(options.out);
    const files = options.nodeInfos === undefined ? undefined : await filesIn(resolve(options.nodeInfos));
    const registry = await currentRegistry(context);
    const request = { folder, skipRefused: options.skipRefused === true, ...(files && { files }) };
    const done = await withProgress('verifying and signing', progress, () =>
      signFolder(registry, config, request, clock.now()),
    );
    output.result({ folder, refused: done.refused, signed: done.signed ?? null }, () => folderText(folder, done));
    if (done.signed === undefined) return EXIT.failed;
    return done.refused.length > 0 ? EXIT.partly : EXIT.ok;
  },
};

async function signAtService({ configFile, signal, output }: CommandContext) {
  const { operator } = await loadOperatorAccess(configFile);
  const answer = operator && (await askOperator(operator, 'sign', signal, ''));
  if (answer === undefined) {
    throw new OperatorError(
      'OPERATOR_UNREACHABLE',
      `no map service of ${configFile} runs, or none with an operator's entrance`,
      {
        remedy: 'start it, or name a folder to write a signed map into: --out FOLDER',
      },
    );
  }
  output.result(answer.value as SignedMap, signedText);
  return EXIT.ok;
}

/** That of a running service, or of its state folder. */
async function currentRegistry(context: CommandContext): Promise<Registry> {
  const { operator } = await loadOperatorAccess(context.configFile);
  const fetched = operator && (await fetchFromOperator(operator, 'backup', context.signal));
  if (fetched !== undefined) return readBackup(fetched, "the service's state").registry;
  const registry = new Registry();
  for (const event of await atRest(context, (service) => Promise.resolve(service.events()))) registry.apply(event);
  return registry;
}

async function filesIn(folder: string): Promise<NodeInfoFile[]> {
  const files: NodeInfoFile[] = [];
  for (const name of await listNodeInfoFiles(folder)) {
    const content = await readBounded(join(folder, name), MAX_BYTES).catch((error: unknown) => {
      if (error instanceof NetmapError) return error as NetmapError;
      throw error;
    });
    files.push({ name, content });
  }
  return files;
}

function folderText(folder: string, { refused, signed }: SignedFolder): string {
  return [
    ...refused.map(({ file, code, reason }) => printable(`refused: ${file}: ${code}: ${reason}`)),
    ...(signed === undefined
      ? [`nothing was written (--skip-refused writes the map without ${refused.length === 1 ? 'it' : 'these'})`]
      : [signedText(signed), `written: ${printable(folder)}`]),
  ].join('\n');
}

function signedText({ nodes, signedAt, maps, parameters }: SignedMap): string {
  return [
    `signed: ${nodes} nodes, at ${signedAt}`,
    `map         corda ${maps.corda}, json ${maps.json}`,
    `parameters  corda ${parameters.corda}, json ${parameters.json}`,
  ].join('\n');
}
