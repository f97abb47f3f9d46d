import { resolve } from 'node:path';
import { inspectNodeInfo, type InspectedNodeInfo } from '../control/inspect-node-info';
import { ownNodeInfoFile, publishNodeInfo } from '../control/publish-node-info';
import { printable } from '../lib/log-text';
import type { CliCommand } from './command';
import { EXIT } from './exit-codes';

export const nodeInfoShow: CliCommand = {
  words: ['node-info', 'show'],
  summary: "shows this node's own NodeInfo, or that of a file",
  details: `Where the configuration says what it is made of, it is made and written first. It is verified in any case.
Example: netmap node-info show`,
  configure: (command) => command.argument('[file]', 'a NodeInfo in either form'),
  async run({ loadConfig, output, clock }, { args: [file] }) {
    const config = await loadConfig();
    const found = file === undefined ? ownNodeInfoFile(config, clock) : inspectNodeInfo(config, resolve(file), clock);
    output.result(shownOf(await found), nodeInfoText);
    return EXIT.ok;
  },
};

export const nodeInfoVerify: CliCommand = {
  words: ['node-info', 'verify'],
  summary: 'verifies a NodeInfo: signatures, certificates, roles, names, by the roots of the configuration',
  details: `Ends with 1 and the reason when it is refused.
Example: netmap node-info verify ./node-info.json`,
  configure: (command) => command.argument('<file>', 'a NodeInfo in either form'),
  async run({ loadConfig, output, clock }, { args: [file = ''] }) {
    const shown = shownOf(await inspectNodeInfo(await loadConfig(), resolve(file), clock));
    output.result({ ...shown, verified: true }, ({ name, hash }) => printable(`good: ${name}, ${hash}`));
    return EXIT.ok;
  },
};

export const nodeInfoPublish: CliCommand = {
  words: ['node-info', 'publish'],
  summary: 'gives the own NodeInfo to the network map service, once',
  details: `A running sidecar does so by itself, at its start and daily.
Example: netmap node-info publish`,
  async run({ loadConfig, output, clock, signal }) {
    const { nodeInfo, url, seenAs } = await publishNodeInfo(await loadConfig(), clock, signal);
    const shown = { ...shownOf(nodeInfo), url, seenAs };
    output.result(shown, ({ name, hash }) => {
      const lines = [
        `published: ${name}, ${hash}, to ${url}`,
        ...(seenAs === undefined ? [] : [`it sees this machine as ${seenAs}`]),
      ];
      return lines.map(printable).join('\n');
    });
    return EXIT.ok;
  },
};

function shownOf({ file, form, hash, peer }: InspectedNodeInfo) {
  const { identities, services, addresses, platformVersion, serial } = peer;
  return {
    name: identities[0].name.toCorda(),
    file,
    form,
    hash,
    serial: serial.toString(),
    platformVersion,
    addresses: addresses.map(({ host, port }) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)),
    identities: [...identities, ...services].map(({ id, name, role }) => ({ name: name.toCorda(), id, role })),
  };
}

function nodeInfoText(shown: ReturnType<typeof shownOf>): string {
  const lines = [
    `file              ${shown.file} (${shown.form})`,
    `hash              ${shown.hash}`,
    `serial            ${shown.serial}`,
    `platform version  ${shown.platformVersion}`,
    ...shown.addresses.map((address) => `address           ${address}`),
    ...shown.identities.map(({ name, id, role }) => `${role.padEnd(16)}  ${name}  ${id}`),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}
