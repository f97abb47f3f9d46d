import { parseCertificates } from '../certificates/certificate';
import { readDatabase } from '../authority/read-database';
import type { Database } from '../authority/read-database';
import { folderOf, withDir } from './ca-options';
import type { CaOptions } from './ca-options';
import type { CliCommand, CommandInput } from './command';
import { EXIT } from './exit-codes';
import { errorText, table } from './output';

export const caList: CliCommand<CaOptions> = {
  words: ['ca', 'list'],
  summary: 'lists the peers of an authority, all of its database verified',
  details: `Ends with 3 where a peer cannot be used as it stands in the database.
Example: netmap ca list --dir ./aa`,
  configure: withDir,
  async run({ output }, { options }: CommandInput<CaOptions>) {
    const database = await readDatabase(folderOf(options));
    output.result(jsonOf(database), () => textOf(database));
    return database.refused.length === 0 ? EXIT.ok : EXIT.partly;
  },
};

function jsonOf({ node, refused }: Database): object {
  const { id, nodeType, subnet = null, peers } = node;
  return {
    id,
    nodeType,
    subnet,
    serverCertificateUntil: serverUntil(node.serverCertificate) ?? null,
    peers: peers.map((peer) => ({
      id: peer.id,
      nodeType: peer.nodeType,
      state: peer.state,
      subnet: peer.subnet ?? null,
      queues: peer.queues,
      servers: peer.stomp.servers,
      isSigned: peer.peerCertificate !== undefined,
      isRegistered: peer.subCa !== undefined,
    })),
    refused: refused.map((one) => ({ id: one.id, code: one.error.code, message: one.error.message })),
  };
}

function textOf({ node, refused }: Database): string {
  const { id, nodeType, subnet, peers } = node;
  const until = serverUntil(node.serverCertificate);
  const rows = peers.map((peer) => {
    const [first] = peer.stomp.servers;
    const servers = `${first.host}:${first.port}${peer.stomp.servers.length > 1 ? ', …' : ''}`;
    return [peer.id, peer.nodeType, peer.state, peer.subnet ?? '-', peer.queues, servers];
  });
  return [
    `${nodeType} ${id}${subnet === undefined ? '' : `, subnet ${subnet}`}`,
    `server certificate: ${until === undefined ? 'none; see netmap ca server-cert' : `valid until ${until}`}`,
    peers.length === 0 ? 'no peers' : table(['PEER', 'TYPE', 'STATE', 'SUBNET', 'QUEUES', 'SERVERS'], rows),
    ...refused.map((one) => `peer ${JSON.stringify(one.id)} cannot be used:\n${errorText(one.error)}`),
  ].join('\n');
}

function serverUntil(pem: string | undefined): string | undefined {
  const certificate = pem === undefined ? undefined : parseCertificates(pem)[0];
  return certificate === undefined ? undefined : new Date(certificate.notAfter).toISOString();
}
